// A shim that is spoken to wrongly: stale stops, bad specs, used slots, garbage, a daemon that dies in the middle of a sentence.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstring>
#include <fstream>

#include "daemon/io/sealed_spec.h"
#include "tests/shim/raw_shim.h"
#include "tests/shim/scenarios.h"
#include "tests/shim/world.h"

namespace pawl::harness {
namespace {

/// A table and what a launch needs, without LocalAttempts.
class Bench {
public:
    Bench() : table_(SlotTable::create(state_.fd(), 1, Uuid{1}, read_boot_id())) {
        if (!table_) give_up("cannot create a table");
    }
    StateFolder const& state() const { return state_; }
    SlotTable& table() { return *table_; }

    void launch(RawShim const& shim, std::uint32_t slot, AttemptId attempt, std::string const& spec) {
        pawl_message message{};
        message.kind = PAWL_LAUNCH;
        message.epoch = 1;
        message.slot = slot;
        message.attempt = static_cast<std::uint64_t>(attempt.value);
        UniqueFd const sealed = seal(spec);
        UniqueFd const log = file("log", attempt);
        UniqueFd const index = file("idx", attempt);
        shim.send(message, {sealed.get(), table_->fd(), log.get(), index.get()});
    }
    void launch(RawShim const& shim, std::uint32_t slot, AttemptId attempt, LaunchSpec const& spec) {
        launch(shim, slot, attempt, encode_spec(attempt, spec, {}));
    }
    UniqueFd file(char const* kind, AttemptId attempt) const {
        std::string const name = std::string(kind) + std::to_string(attempt.value);
        return UniqueFd(openat(state_.fd(), name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }

private:
    StateFolder state_;
    Result<SlotTable> table_;
};

std::uint32_t code_of_done(RawShim const& shim, AttemptId attempt) {
    std::optional<pawl_message> const done = shim.receive();
    bool const right = done && done->kind == PAWL_DONE && done->attempt == static_cast<std::uint64_t>(attempt.value);
    check(right, "DONE for attempt " + std::to_string(attempt.value));
    return right ? done->code : 9999;
}

pawl_message stop_message(AttemptId attempt) {
    pawl_message message{};
    message.kind = PAWL_STOP;
    message.attempt = static_cast<std::uint64_t>(attempt.value);
    return message;
}

void a_stale_stop_is_ignored() {
    Bench bench;
    RawShim const shim;
    bench.launch(shim, 1, AttemptId{1}, shell(AttemptId{1}, "exit 1"));
    check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_RECORDED, "the first attempt is recorded");
    shim.send(stop_message(AttemptId{1}));  // idle
    bench.launch(shim, 2, AttemptId{2}, shell(AttemptId{2}, "sleep 0.2; exit 2"));
    shim.send(stop_message(AttemptId{1}));  // while the next one runs
    check(code_of_done(shim, AttemptId{2}) == PAWL_DONE_RECORDED, "the second attempt is recorded");
    pawl_slot const record = bench.table().read(2).record;
    check(record.state == PAWL_EXITED && WEXITSTATUS(record.result) == 2 && record.flags == 0, "the stale stop did not touch the next attempt");
}

void bad_launches_are_refused() {
    Bench bench;
    RawShim const shim;
    std::string const good = encode_spec(AttemptId{1}, shell(AttemptId{1}, "exit 1"), {});
    for (std::size_t cut : {std::size_t{0}, std::size_t{8}, std::size_t{71}, good.size() - 1}) {
        bench.launch(shim, 1, AttemptId{1}, good.substr(0, cut));
        check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_BAD_SPEC, "a cut spec is refused");
    }
    for (std::size_t at = 0; at < good.size(); at += 3) {
        std::string flipped = good;
        flipped[at] = static_cast<char>(flipped[at] ^ 4);
        bench.launch(shim, 1, AttemptId{1}, flipped);
        check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_BAD_SPEC, "a flipped bit of the spec is refused");
    }
    bench.launch(shim, 1, AttemptId{2}, good);
    check(code_of_done(shim, AttemptId{2}) == PAWL_DONE_BAD_SPEC, "a spec of another attempt is refused");
    pawl_message naked{};
    naked.kind = PAWL_LAUNCH;
    naked.slot = 1;
    naked.attempt = 3;
    shim.send(naked);
    check(code_of_done(shim, AttemptId{3}) == PAWL_DONE_BAD_SPEC, "a launch without descriptors is refused");
    check(bench.table().read(1).content == SlotContent::empty, "no refused launch touches its slot");
    shim.send_bytes("?", 1);
    std::string const long_nonsense(5000, '?');
    shim.send_bytes(long_nonsense.data(), long_nonsense.size());
    bench.launch(shim, 0, AttemptId{1}, good);
    check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_REFUSED, "the header is no slot");
    bench.launch(shim, PAWL_TABLE_SLOTS, AttemptId{1}, good);
    check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_REFUSED, "there is no slot behind the last");
    bench.launch(shim, 1, AttemptId{1}, good);
    check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_RECORDED, "and the shim still works");
    bench.launch(shim, 1, AttemptId{1}, good);
    check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_REFUSED, "a used slot is refused");
}

void a_running_shim_takes_no_second_attempt() {
    Bench bench;
    RawShim const shim;
    RawShim const other;
    bench.launch(shim, 1, AttemptId{1}, shell(AttemptId{1}, "sleep 0.3; exit 1"));
    bench.launch(shim, 2, AttemptId{2}, shell(AttemptId{2}, "exit 2"));
    check(code_of_done(shim, AttemptId{2}) == PAWL_DONE_REFUSED, "one at a time");
    check(bench.table().holder(1) == shim.pid(), "closing the refused table did not drop the lock");
    bench.launch(other, 1, AttemptId{1}, shell(AttemptId{1}, "exit 7"));
    check(code_of_done(other, AttemptId{1}) == PAWL_DONE_REFUSED, "a held slot is refused");
    check(code_of_done(shim, AttemptId{1}) == PAWL_DONE_RECORDED, "the first goes on");
    check(bench.table().read(2).content == SlotContent::empty, "the slot of the refused one stays empty");
}

/// The dead daemon left a DONE unread: the shim's next recv is ECONNRESET, and only then comes the LAUNCH that is still queued.
void a_queued_launch_of_a_dead_daemon_is_done() {
    Bench bench;
    RawShim shim;
    bench.launch(shim, 1, AttemptId{1}, shell(AttemptId{1}, "exit 1"));
    while (bench.table().read(1).record.state != PAWL_EXITED || bench.table().holder(1) != 0) {
    }
    kill(shim.pid(), SIGSTOP);
    bench.launch(shim, 2, AttemptId{2}, shell(AttemptId{2}, "exit 2"));
    shim.hang_up();
    kill(shim.pid(), SIGCONT);
    check(shim.ends(), "the shim ends when there is nothing left");
    pawl_slot const record = bench.table().read(2).record;
    check(record.state == PAWL_EXITED && WEXITSTATUS(record.result) == 2, "the queued launch was done");
}

void signals_to_the_shim() {
    Bench bench;
    RawShim idle;
    bench.launch(idle, 1, AttemptId{1}, shell(AttemptId{1}, "exit 1"));
    check(code_of_done(idle, AttemptId{1}) == PAWL_DONE_RECORDED, "it is up");  // before, the mask may not be set yet
    kill(idle.pid(), SIGHUP);
    kill(idle.pid(), SIGINT);
    bench.launch(idle, 3, AttemptId{3}, shell(AttemptId{3}, "exit 1"));
    check(code_of_done(idle, AttemptId{3}) == PAWL_DONE_RECORDED, "HUP and INT are nobody's business");
    kill(idle.pid(), SIGTERM);
    check(idle.ends(), "an idle shim ends by TERM");
    RawShim const busy;
    bench.launch(busy, 2, AttemptId{2}, shell(AttemptId{2}, "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"));
    while (read_file(bench.state().path() + "/log2").empty()) {
    }
    kill(busy.pid(), SIGTERM);
    check(code_of_done(busy, AttemptId{2}) == PAWL_DONE_RECORDED, "a busy one ends its attempt");
    pawl_slot const record = bench.table().read(2).record;
    check(record.flags == PAWL_TERM || record.flags == (PAWL_TERM | PAWL_LEFTOVERS), "TERM is recorded");
    check(WEXITSTATUS(record.result) == 3, "the step could say goodbye");
    check(describe_end(record, false).kind == EndKind::interrupted, "without our wish it is an interruption");
    check(describe_end(record, true).kind == EndKind::stopped, "with it, a stop");
}

}  // namespace

void protocol_abuse(int count) {
    for (int i = 0; i < count; ++i) {
        a_stale_stop_is_ignored();
        bad_launches_are_refused();
        a_running_shim_takes_no_second_attempt();
        a_queued_launch_of_a_dead_daemon_is_done();
        signals_to_the_shim();
    }
}

}  // namespace pawl::harness
