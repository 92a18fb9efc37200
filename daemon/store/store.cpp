// The store on SQLite: batches in, one transaction each; all live rows out at start-up.
#include "daemon/store/store.h"

#include <algorithm>
#include <optional>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"
#include "daemon/store/columns.h"
#include "daemon/store/database.h"
#include "daemon/store/migrations.h"
#include "daemon/store/rows.h"
#include "daemon/store/stored_runs.h"

namespace pawl {
namespace {

/// What lives as long as one connection. Members die in reverse: the statements before the connection.
struct Connection {
    explicit Connection(Store::Options const& options) : database(options.path, options.vfs, Database::Access::write) {}
    /// After the schema is there.
    void prepare() {
        rows.emplace(database);
        begin.emplace(database.prepare("BEGIN IMMEDIATE"));
        commit.emplace(database.prepare("COMMIT"));
        advance_batch.emplace(database.prepare("UPDATE meta SET value = ?1 WHERE name = 'batch' AND value = ?2"));
    }
    void synchronize(bool full) {
        if (full == is_full) return;
        database.run(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        is_full = full;
    }

    Database database;
    std::optional<RowWriter> rows;
    std::optional<Statement> begin, commit, advance_batch;
    bool is_full = true;  ///< as `database` sets it up
};

class SqliteStore final : public Store {
public:
    explicit SqliteStore(Options options) : options_(std::move(options)) {}

    Status start();
    void commit(std::vector<Batch> const& batches) override;
    StoredState load() override;
    std::uint64_t committed_batch() override;
    void checkpoint() override;
    void close() override;

private:
    Status connect();
    Connection& connection();
    void write(Connection& connection, std::vector<Batch> const& batches);
    void abandon() noexcept;

    Options options_;
    std::unique_ptr<Connection> connection_;  ///< null after a failure, until the file is needed again
    bool was_clean_ = true;
};

Status SqliteStore::connect() {
    auto fresh = std::make_unique<Connection>(options_);
    if (auto migrated = migrate(fresh->database); !migrated) return migrated.error();
    fresh->prepare();
    connection_ = std::move(fresh);
    return Done{};
}

/// Opens the file again after a failure: what a failed COMMIT has left is for the file to say, not for the old connection.
Connection& SqliteStore::connection() {
    if (connection_) return *connection_;
    if (auto connected = connect(); !connected) throw StoreFailure(0, connected.error().message);
    return *connection_;
}

Status SqliteStore::start() {
    if (auto connected = connect(); !connected) return connected.error();
    Database& database = connection_->database;
    was_clean_ = database.number("SELECT value FROM meta WHERE name = 'clean'") == 1;
    connection_->synchronize(options_.full_sync);
    database.run("UPDATE meta SET value = 0 WHERE name = 'clean'");
    return Done{};
}

void SqliteStore::commit(std::vector<Batch> const& batches) {
    if (batches.empty()) return;
    Connection& open = connection();
    try {
        write(open, batches);
    } catch (StoreFailure const&) {
        abandon();
        if (PAWL_MUTANT("store.error_ignored")) return;
        throw;
    } catch (FenceLost const&) {
        open.database.rollback();
        throw;
    }
}

void SqliteStore::write(Connection& open, std::vector<Batch> const& batches) {
    bool full = false;
    for (Batch const& batch : batches) full = full || batch.durability == flow::Durability::full;
    open.synchronize(full && options_.full_sync);
    PAWL_CRASH_POINT("store.begin");
    open.begin->run();
    for (Batch const& batch : batches)
        for (Row const& row : batch.rows) open.rows->write(row);
    PAWL_CRASH_POINT("store.rows");
    for (std::size_t i = 1; i < batches.size(); ++i) ASSERT(batches[i].number == batches[i - 1].number + 1);
    std::uint64_t const before = batches.front().number - 1;
    bool const follows = open.advance_batch->run(batches.back().number, before) == 1;
    if (!follows && !PAWL_MUTANT("no_compare_and_set"))
        throw FenceLost("batch " + std::to_string(before) + " is not the newest one stored");
    PAWL_CRASH_POINT("store.before_commit");
    open.commit->run();
    PAWL_CRASH_POINT("store.after_commit");
}

/// A database in memory cannot be opened again: there the transaction alone is given up.
void SqliteStore::abandon() noexcept {
    connection_->database.rollback();
    if (options_.path != ":memory:") connection_.reset();
}

std::uint64_t SqliteStore::committed_batch() {
    return static_cast<std::uint64_t>(connection().database.number("SELECT value FROM meta WHERE name = 'batch'"));
}

void SqliteStore::checkpoint() {
    PAWL_CRASH_POINT("store.checkpoint");
    connection().database.checkpoint();
}

void SqliteStore::close() {
    Database& database = connection().database;
    connection_->synchronize(options_.full_sync);
    database.run("UPDATE meta SET value = 1 WHERE name = 'clean'");
    checkpoint();
    connection_.reset();
}

StoredState SqliteStore::load() {
    Database& database = connection().database;
    Snapshot const snapshot(database);
    StoredState state;
    auto const meta = [&](std::string const& name) { return database.number("SELECT value FROM meta WHERE name = '" + name + "'"); };
    auto const last = [&](std::string const& table) {
        return std::max(meta("last_" + table), database.number("SELECT max(id) FROM " + table));
    };
    state.last_workflow = last("workflow");
    state.last_version = last("version");
    state.last_run = last("run");
    state.last_attempt = last("attempt");
    state.fence = meta("fence");
    state.epoch = static_cast<std::uint32_t>(meta("epoch"));
    state.batch = static_cast<std::uint64_t>(meta("batch"));
    state.instance_id = database.word("SELECT value FROM meta WHERE name = 'instance'");
    state.was_clean = was_clean_;

    Statement workflows = database.prepare("SELECT " + std::string(columns::workflow) + " FROM workflow ORDER BY id");
    while (workflows.next()) state.workflows.push_back(columns::read<WorkflowRow>(workflows));
    Statement version = database.prepare("SELECT " + std::string(columns::version) + " FROM version WHERE id = ?");
    for (WorkflowRow const& workflow : state.workflows) {
        if (!workflow.active) continue;
        version.with(workflow.active);
        if (version.next()) state.active_versions.push_back(columns::read<VersionRow>(version));
    }
    version.rewind();
    state.runs = StoredRuns(database).unfinished();

    Statement answers = database.prepare("SELECT " + std::string(columns::answer) + " FROM answer WHERE seq > (SELECT max(seq) FROM answer) - ? ORDER BY seq");
    answers.with(answers_max);
    while (answers.next()) state.answers.push_back(columns::read<AnswerRow>(answers));
    // A day counts from the newest answer: the store has no clock.
    std::erase_if(state.answers, [&](AnswerRow const& answer) { return answer.at < state.answers.back().at - answer_age_max; });
    return state;
}

Error refusal(StoreFailure const& failure, std::string const& path) {
    Error error{.code = code::io, .message = path + ": " + failure.what()};
    if (trouble_of(failure.code) == Trouble::damaged) {
        error.code = code::corrupt;
        error.hint = "keep the file and restore a backup in its place";
    }
    return error;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(Options options) {
    std::string const path = options.path;
    auto store = std::make_unique<SqliteStore>(std::move(options));
    try {
        if (auto started = store->start(); !started) {
            Error error = started.error();
            error.message = path + ": " + error.message;
            return error;
        }
    } catch (StoreFailure const& failure) {
        return refusal(failure, path);
    }
    return std::unique_ptr<Store>(std::move(store));
}

}  // namespace pawl
