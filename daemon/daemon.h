// All parts of pawld, wired together: store, engine, turn, attempts, API, server. The only file that knows all concrete classes.
#pragma once

#include <memory>

#include "common/base/error.h"
#include "daemon/options.h"

namespace pawl {

class Daemon {
public:
    /// Opens the state folder, recovers what was running, listens. The error is for people and decides the exit code.
    static Result<std::unique_ptr<Daemon>> start(DaemonOptions options);
    ~Daemon();
    Daemon(Daemon&&) = delete;
    /// Serves until SIGTERM, SIGINT, a stop request, or a store that is lost. Returns the exit code.
    int run();

private:
    struct Parts;
    explicit Daemon(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace pawl
