// The files that attempts left behind: lists, and their bytes. Names come from the manifest alone: what a client asks for never becomes a path.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "daemon/api/decode.h"
#include "daemon/api/routes.h"
#include "daemon/api/stream.h"
#include "daemon/io/artifacts.h"

namespace pawl::api {
namespace {

std::string_view constexpr bytes_type = "application/octet-stream";

struct Wish {
    RunId run;
    std::string step, path;
    int attempt = 0;   ///< 0: the newest of each step
    bool all = false;  ///< of all attempts
};

Result<Wish> decode_artifact_wish(Asked const& asked) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    auto const attempt = decode_number(asked.http.query, "attempt", 0, 1'000'000'000);
    if (!attempt) return attempt.error();
    auto const all = decode_flag(asked.http.query, "all");
    if (!all) return all.error();
    Wish wish{.run = *id, .step = asked.query("step"), .path = asked.query("path"), .attempt = static_cast<int>(*attempt), .all = *all};
    if (wish.attempt != 0 && wish.step.empty()) return bad_request("name the step whose attempt is meant");
    return wish;
}

/// A step means all of its items.
bool is_of(Manifest const& manifest, Wish const& wish) {
    bool const step = wish.step.empty() || manifest.step == wish.step || manifest.step.starts_with(wish.step + "[");
    return step && (wish.attempt == 0 || manifest.number == wish.attempt);
}

/// Without older attempts of the same step, unless they are wished for.
std::vector<Manifest> wanted(std::vector<Manifest> manifests, Wish const& wish) {
    std::erase_if(manifests, [&](Manifest const& manifest) { return !is_of(manifest, wish); });
    if (wish.all || wish.attempt != 0) return manifests;
    std::map<std::string, AttemptId> newest;
    for (Manifest const& manifest : manifests) newest[manifest.step] = manifest.attempt;  // they come oldest first
    std::erase_if(manifests, [&](Manifest const& manifest) { return newest.at(manifest.step) != manifest.attempt; });
    return manifests;
}

struct OfRun {
    RunId run;
    std::vector<Manifest> manifests;
};

std::set<std::string> carried_in(StoredRun const& run) {
    std::set<std::string> steps;
    for (StepRow const& step : run.steps)
        if (step.carried) steps.insert(step.id);
    return steps;
}

/// What the run has, and behind it what steps have that were carried over from the runs it retries.
Result<std::vector<OfRun>> find_manifests(Reader& reader, Artifacts const& artifacts, Wish const& wish) {
    Result<StoredRun> stored = reader.stored_run(wish.run);
    if (!stored) return stored.error();
    std::vector<OfRun> found{{wish.run, wanted(artifacts.of_run(wish.run), wish)}};
    std::set<std::string> carried = carried_in(*stored);
    while (stored && stored->run.retry_of && !carried.empty()) {
        RunId const older = stored->run.retry_of;
        OfRun of_older{older, wanted(artifacts.of_run(older), wish)};
        std::erase_if(of_older.manifests, [&](Manifest const& manifest) { return !carried.contains(manifest.step); });
        found.push_back(std::move(of_older));
        stored = reader.stored_run(older);
        if (!stored) break;
        std::set<std::string> const before = carried_in(*stored);
        std::erase_if(carried, [&](std::string const& step) { return !before.contains(step); });
    }
    return found;
}

struct FoundFile {
    Artifact artifact;
    std::shared_ptr<UniqueFd> bytes;
};

Result<FoundFile> find_file(Reader& reader, Artifacts const& artifacts, Wish const& wish) {
    Result<std::vector<OfRun>> const runs = find_manifests(reader, artifacts, wish);
    if (!runs) return runs.error();
    for (OfRun const& of_run : *runs)
        for (Manifest const& manifest : of_run.manifests) {
            if (manifest.step != wish.step) continue;
            auto const file = std::ranges::find(manifest.files, wish.path, &Artifact::path);
            if (file == manifest.files.end()) continue;
            UniqueFd bytes = artifacts.open_bytes(of_run.run, manifest.attempt, static_cast<std::size_t>(file - manifest.files.begin()));
            if (!bytes) return api_error(code::io, "'" + printable(wish.path) + "' cannot be read: " + std::strerror(errno));
            return FoundFile{*file, std::make_shared<UniqueFd>(std::move(bytes))};
        }
    return api_error(code::not_found, "step '" + printable(wish.step) + "' of run " + std::to_string(wish.run.value) + " kept no file '" + printable(wish.path) + "'",
                     "pawl artifacts " + std::to_string(wish.run.value) + " lists what there is");
}

class FileStream final : public Stream {
public:
    FileStream(Core& core, std::shared_ptr<Exchange> exchange, FoundFile file) : Stream(core, std::move(exchange), bytes_type), file_(std::move(file)) {}

private:
    static constexpr std::uint64_t piece_bytes = 256u << 10;

    static Result<std::string> read_piece(int file, std::uint64_t offset, std::uint64_t left) {
        std::string piece(std::min(piece_bytes, left), '\0');
        ssize_t got = piece.empty() ? 0 : -1;
        while (got < 0) {
            got = pread(file, piece.data(), piece.size(), static_cast<off_t>(offset));
            if (got < 0 && errno != EINTR) return api_error(code::io, std::strerror(errno));
        }
        if (static_cast<std::uint64_t>(got) != piece.size()) return api_error(code::corrupt, "it is shorter than it was when it was kept");
        return piece;
    }

    void fetch() override {
        core().read<std::string>([bytes = file_.bytes, offset = sent_, left = file_.artifact.bytes - sent_](Reader&) { return read_piece(bytes->get(), offset, left); },
                                 [self = weak_from_this()](Core&, Result<std::string> piece) {
                                     if (auto const stream = std::static_pointer_cast<FileStream>(self.lock())) stream->take(std::move(piece));
                                 });
    }

    void take(Result<std::string> piece) {
        if (!piece) return fail(piece.error());
        sent_ += piece->size();
        deliver(std::move(*piece), sent_ == file_.artifact.bytes ? Next::end : Next::fetch);
    }

    FoundFile file_;
    std::uint64_t sent_ = 0;
};

void send_file(Core& core, Ticket ticket, FoundFile file, std::string const& known_tag) {
    auto exchange = core.take(ticket);
    if (!exchange) return;
    std::string const tag = "\"sha256:" + file.artifact.sha256 + "\"";
    exchange->set_header("ETag", tag);
    if (known_tag == tag) return exchange->reply(304, bytes_type, "");
    exchange->set_header("Content-Disposition", "attachment");  // a browser shall not show what a step wrote
    exchange->set_header("X-Content-Type-Options", "nosniff");
    exchange->set_header("X-Pawl-Bytes", std::to_string(file.artifact.bytes));
    auto const stream = std::make_shared<FileStream>(core, std::move(exchange), std::move(file));
    core.add_stream({}, stream);
    stream->begin();
}

Error nothing_kept() { return api_error(code::unavailable, "this daemon keeps no artifacts"); }

}  // namespace

Result<Decoded> list_artifacts(Asked const& asked) {
    auto const wish = decode_artifact_wish(asked);
    if (!wish) return wish.error();
    return Decoded{"run/" + asked.parts[0], [wish = *wish](Core& core, Ticket ticket) {
        if (core.context.artifacts == nullptr) return core.fail(ticket, nothing_kept());
        core.read<std::string>(
            [wish, artifacts = core.context.artifacts](Reader& reader) -> Result<std::string> {
                Result<std::vector<OfRun>> const runs = find_manifests(reader, *artifacts, wish);
                if (!runs) return runs.error();
                JsonList items;
                for (OfRun const& of_run : *runs)
                    for (Manifest const& manifest : of_run.manifests)
                        for (Artifact const& file : manifest.files) items.push_back(artifact_json(of_run.run, manifest, file));
                return dump_json(JsonMap{{"items", std::move(items)}});
            },
            [ticket](Core& alive, Result<std::string> text) {
                if (!text) return alive.fail(ticket, text.error());
                alive.answer_text(ticket, 200, json_type, std::move(*text));
            });
    }};
}

Result<Decoded> get_artifact(Asked const& asked) {
    auto const wish = decode_artifact_wish(asked);
    if (!wish) return wish.error();
    if (wish->step.empty() || wish->path.empty()) return bad_request("a file is named by 'step' and 'path'");
    return Decoded{"run/" + asked.parts[0], [wish = *wish, tag = asked.header("if-none-match")](Core& core, Ticket ticket) {
        if (core.context.artifacts == nullptr) return core.fail(ticket, nothing_kept());
        core.read<FoundFile>([wish, artifacts = core.context.artifacts](Reader& reader) { return find_file(reader, *artifacts, wish); },
                             [ticket, tag](Core& alive, Result<FoundFile> file) {
                                 if (!file) return alive.fail(ticket, file.error());
                                 send_file(alive, ticket, std::move(*file), tag);
                             });
    }};
}

}  // namespace pawl::api
