// A signal as a call on the loop.
#pragma once

#include <uv.h>

#include <functional>

#include "daemon/io/uv_handle.h"

namespace pawl {

class SignalWatch {
public:
    SignalWatch(uv_loop_t& loop, int number, std::function<void()> arrived);
    SignalWatch(SignalWatch&&) = delete;  // libuv holds our address

private:
    std::function<void()> arrived_;
    UvHandle<uv_signal_t> handle_;
};

}  // namespace pawl
