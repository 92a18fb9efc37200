// Takes orders, hands them to the client, ends those whose time is over.
#include "daemon/work/http_worker.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "common/flow/url.h"
#include "daemon/work/http_request.h"

namespace pawl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds rest_max = std::chrono::minutes(1);

}  // namespace

struct HttpWorker::Core {
    struct Order {
        WorkOrder work;
        Json request;
    };
    /// A request that has begun.
    struct Request {
        HttpOrder order;
        WorkLog log;
        UniqueFd report;
        OpenFiles::Hold file;
        Clock::time_point begun = Clock::now();
        std::optional<Duration> timeout{};
    };

    Core(OpenFiles& files_, WorkDone done_) : files(files_), done(std::move(done_)), thread([this] { work(); }) {}
    ~Core() {
        tell([this] { ending = true; });
        thread.join();
    }

    template <class Change>
    void tell(Change change) {
        std::lock_guard const lock(mutex);
        change();
        changed.notify_one();
        if (client != nullptr) client->wake();
    }

    void work();
    bool take_news();
    void begin(Order order);
    std::string open_file(HttpOrder& order, OpenFiles::Hold& hold);
    void rest();
    void end_late();
    void end(std::int64_t id, WorkReport const& report, WorkEnd::Kind kind);

    OpenFiles& files;
    WorkDone done;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Order> orders;          // guarded by mutex
    std::vector<std::int64_t> cancels;  // guarded by mutex
    bool ending = false;                // guarded by mutex
    HttpClient* client = nullptr;       // guarded by mutex; the thread's own, once it has one
    std::string no_client;              // the thread's: why it has none
    std::map<std::int64_t, Request> requests;  // the thread's
    std::thread thread;                 // last: it uses all of the above
};

void HttpWorker::Core::work() {
    Result<std::unique_ptr<HttpClient>> opened = HttpClient::open();
    if (!opened) no_client = opened.error().message;
    else tell([&] { client = opened->get(); });
    while (take_news()) {
        if (client != nullptr) {
            for (auto& [id, answer] : client->work()) {
                Request& request = requests.at(id);
                end(id, judge_answer(answer, request.order, request.log), WorkEnd::Kind::ended);
            }
            end_late();
        }
        rest();
    }
    tell([&] { client = nullptr; });
}

/// False: it is time to end.
bool HttpWorker::Core::take_news() {
    std::vector<Order> new_orders;
    std::vector<std::int64_t> new_cancels;
    {
        std::lock_guard const lock(mutex);
        if (ending) return false;
        new_orders.swap(orders);
        new_cancels.swap(cancels);
    }
    for (Order& order : new_orders) begin(std::move(order));
    for (std::int64_t const id : new_cancels) {
        auto const found = requests.find(id);
        if (found == requests.end()) continue;  // it was faster
        client->cancel(id);
        found->second.log.complain("cancelled");
        end(id, {}, WorkEnd::Kind::stopped);
    }
    return true;
}

void HttpWorker::Core::begin(Order order) {
    std::int64_t const id = order.work.attempt.value;
    Request request{.order = read_http_order(order.request), .log = WorkLog(std::move(order.work.log), std::move(order.work.index)),
                    .report = std::move(order.work.report), .file = {}, .timeout = order.work.timeout};
    HttpCall& call = request.order.call;
    request.log.say(call.method + " " + flow::shown_url(call.url));
    std::string failure = no_client;
    if (failure.empty() && !request.order.file.empty()) failure = open_file(request.order, request.file);
    Request& begun = requests.emplace(id, std::move(request)).first->second;
    if (failure.empty()) return client->start(id, std::move(begun.order.call));
    begun.log.complain(failure);
    end(id, failed_report(no_client.empty() ? "http" : "start_failed", failure), WorkEnd::Kind::ended);
}

/// The sentence why it cannot be sent; empty when it can.
std::string HttpWorker::Core::open_file(HttpOrder& order, OpenFiles::Hold& hold) {
    OpenFiles::Taken taken = files.take(order.file, OpenFiles::Use::transfer);
    if (!taken.failure.empty()) return taken.failure;
    hold = std::move(taken.hold);
    order.call.file = UniqueFd(::open(order.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    order.call.file_bytes = taken.bytes;
    return order.call.file ? "" : "the file '" + order.file + "': " + std::strerror(errno);
}

/// Until there is news, an answer, or an end of somebody's time.
void HttpWorker::Core::rest() {
    auto time = rest_max;
    for (auto const& [id, request] : requests) {
        if (!request.timeout) continue;
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(request.begun + *request.timeout - Clock::now());
        time = std::clamp(left, std::chrono::milliseconds(0), time);
    }
    if (client != nullptr) return client->wait(time);
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return ending || !orders.empty(); });
}

void HttpWorker::Core::end_late() {
    std::vector<std::int64_t> late;
    for (auto const& [id, request] : requests)
        if (request.timeout && Clock::now() >= request.begun + *request.timeout) late.push_back(id);
    for (std::int64_t const id : late) {
        client->cancel(id);
        requests.at(id).log.complain("no answer within " + format_duration(*requests.at(id).timeout));
        end(id, {}, WorkEnd::Kind::timed_out);
    }
}

/// The report is written before it is told that there is one. Without it the attempt is lost, which is what it is then.
void HttpWorker::Core::end(std::int64_t id, WorkReport const& report, WorkEnd::Kind kind) {
    auto const found = requests.find(id);
    auto const ran = std::chrono::duration_cast<Duration>(Clock::now() - found->second.begun);
    if (kind == WorkEnd::Kind::ended) (void)write_report(found->second.report, report);
    requests.erase(found);
    done(AttemptId{id}, {.kind = kind, .ran = ran});
}

HttpWorker::HttpWorker(OpenFiles& files, WorkDone done) : core_(std::make_unique<Core>(files, std::move(done))) {}
HttpWorker::~HttpWorker() = default;

void HttpWorker::begin(WorkOrder order, Json request) {
    core_->tell([&] { core_->orders.push_back({std::move(order), std::move(request)}); });
}

void HttpWorker::cancel(AttemptId attempt) {
    core_->tell([&] { core_->cancels.push_back(attempt.value); });
}

}  // namespace pawl
