// A shim without a pool: the test speaks the protocol itself and may break it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/io/unique_fd.h"
#include "daemon/shim/protocol.h"

namespace pawl::harness {

class RawShim {
public:
    RawShim();
    ~RawShim();  ///< closes the socket and waits for its end
    RawShim(RawShim const&) = delete;
    RawShim& operator=(RawShim const&) = delete;

    void send(pawl_message const& message, std::vector<int> const& descriptors = {}) const;
    void send_bytes(void const* bytes, std::size_t size) const;
    std::optional<pawl_message> receive(int ms_max = 10'000) const;
    void hang_up() { socket_.reset(); }
    pid_t pid() const { return pid_; }
    /// True when it ends within the time.
    bool ends(int ms_max = 10'000);

private:
    UniqueFd socket_;
    pid_t pid_ = 0;
};

}  // namespace pawl::harness
