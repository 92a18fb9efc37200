// Drives a running pawld through its API and measures. Each subcommand does one thing and prints "name value" pairs.
//   deploy SOCKET FILE…                      one request for all files                     → ms
//   burst SOCKET WORKFLOW COUNT CONNECTIONS  starts COUNT runs, waits until none lives     → ms started_ms
//   start SOCKET WORKFLOW COUNT CONNECTIONS  starts COUNT runs, waits for none             → ms
//   chain SOCKET WORKFLOW COUNT              one run at a time, from request to last event → p50_us p99_us
//   get SOCKET TARGET COUNT CONNECTIONS      requests on kept connections                  → per_second p50_us p99_us max_us
//   idle SOCKET LIMIT_MS                     waits until no run lives                      → ms
//   answer SOCKET                            from now to the first answer of a daemon that is being started → ms
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "common/base/json.h"
#include "tests/bench/socket_http.h"

namespace {

using bench::Answer;
using bench::Connection;
using Clock = std::chrono::steady_clock;
using Arguments = std::vector<std::string>;

double ms_since(Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }
int number_in(std::string const& text) { return std::atoi(text.c_str()); }
void pause_ms(long ms) {
    timespec const pause{ms / 1000, ms % 1000 * 1'000'000};
    ::nanosleep(&pause, nullptr);
}

pawl::Json body_of(Answer const& answer, int wanted) {
    if (answer.status != wanted) bench::fail("status " + std::to_string(answer.status) + ": " + answer.body.substr(0, 2000));
    auto body = pawl::parse_json(answer.body, {.bytes_max = 64u << 20, .depth_max = 64});
    if (!body) bench::fail("no JSON: " + answer.body.substr(0, 200));
    return *body;
}

std::string start_body(std::string const& workflow) {
    pawl::Json body;
    body.set("workflow", workflow);
    return pawl::dump_json(body);
}

std::int64_t start_run(Connection& connection, std::string const& body) {
    return body_of(connection.post("/v1/runs", body), 201).number("id");
}

std::int64_t live_runs(Connection& connection) {
    auto const status = body_of(connection.get("/v1/status"), 200);
    auto const* runs = status.find("runs");
    return runs ? runs->number("live", -1) : -1;
}

void wait_until_idle(Connection& connection, double limit_ms) {
    auto const begin = Clock::now();
    while (live_runs(connection) > 0) {
        if (ms_since(begin) > limit_ms) bench::fail("runs still live after " + std::to_string(limit_ms) + " ms");
        pause_ms(2);
    }
}

/// Does `work(connection, share)` on each of `connections` connections at once, a thread each.
void on_connections(std::string const& socket, int count, int connections, std::function<void(Connection&, int)> const& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < connections; ++i) {
        int const share = count / connections + (i < count % connections ? 1 : 0);
        threads.emplace_back([&socket, &work, share] {
            Connection connection(socket);
            work(connection, share);
        });
    }
    for (auto& thread : threads) thread.join();
}

void start_many(std::string const& socket, std::string const& workflow, int count, int connections) {
    std::string const body = start_body(workflow);
    on_connections(socket, count, connections, [&body](Connection& connection, int share) {
        for (int i = 0; i < share; ++i) start_run(connection, body);
    });
}

double at(std::vector<double>& sorted, double part) {
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

int deploy(Arguments const& a) {
    pawl::JsonList files;
    for (std::size_t i = 1; i < a.size(); ++i) {
        std::ifstream in(a[i], std::ios::binary);
        pawl::Json file;
        file.set("name", a[i].substr(a[i].rfind('/') + 1));
        file.set("text", std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()));
        files.push_back(std::move(file));
    }
    pawl::Json body;
    body.set("files", std::move(files));
    body.set("root", "/tmp");
    body.set("dry_run", false);
    std::string const text = pawl::dump_json(body);
    Connection connection(a[0]);
    auto const begin = Clock::now();
    auto const answer = connection.post("/v1/deploy", text);
    double const took = ms_since(begin);
    body_of(answer, 200);
    std::printf("ms %.2f\n", took);
    return 0;
}

int burst(Arguments const& a) {
    auto const begin = Clock::now();
    start_many(a[0], a[1], number_in(a[2]), number_in(a[3]));
    double const started = ms_since(begin);
    Connection connection(a[0]);
    wait_until_idle(connection, 600'000);
    std::printf("ms %.2f  started_ms %.2f\n", ms_since(begin), started);
    return 0;
}

int start(Arguments const& a) {
    auto const begin = Clock::now();
    start_many(a[0], a[1], number_in(a[2]), number_in(a[3]));
    std::printf("ms %.2f\n", ms_since(begin));
    return 0;
}

int chain(Arguments const& a) {
    Connection connection(a[0]);
    std::string const body = start_body(a[1]);
    std::vector<double> took;
    for (int i = 0; i < number_in(a[2]); ++i) {
        auto const begin = Clock::now();
        auto const run = start_run(connection, body);
        auto const events = connection.follow("/v1/runs/" + std::to_string(run) + "/events?follow=true");
        took.push_back(ms_since(begin) * 1000);
        if (events.body.find("run.succeeded") == std::string::npos) bench::fail("run " + std::to_string(run) + " did not succeed");
    }
    std::sort(took.begin(), took.end());
    std::printf("p50_us %.0f  p99_us %.0f\n", at(took, 0.5), at(took, 0.99));
    return 0;
}

int get(Arguments const& a) {
    std::vector<std::vector<double>> parts(static_cast<std::size_t>(number_in(a[3])));
    std::vector<std::thread> threads;
    auto const begin = Clock::now();
    for (auto& part : parts) {
        threads.emplace_back([&a, &part, &parts] {
            Connection connection(a[0]);
            for (int i = 0; i < number_in(a[2]) / static_cast<int>(parts.size()); ++i) {
                auto const asked = Clock::now();
                if (connection.get(a[1]).status != 200) bench::fail("GET " + a[1] + " was refused");
                part.push_back(ms_since(asked) * 1000);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    double const seconds = ms_since(begin) / 1000;
    std::vector<double> all;
    for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end());
    std::printf("per_second %.0f  p50_us %.0f  p99_us %.0f  max_us %.0f\n", static_cast<double>(all.size()) / seconds, at(all, 0.5),
                at(all, 0.99), all.back());
    return 0;
}

int idle(Arguments const& a) {
    auto const begin = Clock::now();
    Connection connection(a[0]);
    wait_until_idle(connection, std::atof(a[1].c_str()));
    std::printf("ms %.2f\n", ms_since(begin));
    return 0;
}

int answer(Arguments const& a) {
    auto const begin = Clock::now();
    for (;;) {
        int const fd = bench::connect_to(a[0]);
        if (fd >= 0) {
            ::close(fd);
            break;
        }
        if (ms_since(begin) > 60'000) bench::fail("nobody answers on " + a[0]);
        timespec const moment{0, 100'000};
        ::nanosleep(&moment, nullptr);
    }
    Connection connection(a[0]);
    if (connection.get("/v1/ping").status != 200) bench::fail("ping was refused");
    std::printf("ms %.2f\n", ms_since(begin));
    return 0;
}

struct Command {
    std::string_view name;
    std::size_t arguments;  ///< at least
    int (*run)(Arguments const&);
};
constexpr Command commands[] = {
    {"deploy", 2, deploy}, {"burst", 4, burst}, {"start", 4, start},   {"chain", 3, chain},
    {"get", 4, get},       {"idle", 2, idle},   {"answer", 1, answer},
};

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments(argv + std::min(argc, 2), argv + argc);
    for (auto const& command : commands) {
        if (argc > 1 && command.name == argv[1] && arguments.size() >= command.arguments) return command.run(arguments);
    }
    std::fprintf(stderr, "usage: see the head of tests/bench/load_client.cpp\n");
    return 2;
}
