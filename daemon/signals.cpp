#include "daemon/signals.h"

#include "common/base/assert.h"

namespace pawl {

SignalWatch::SignalWatch(uv_loop_t& loop, int number, std::function<void()> arrived) : arrived_(std::move(arrived)) {
    auto handle = std::make_unique<uv_signal_t>();
    ASSERT(uv_signal_init(&loop, handle.get()) == 0);
    handle_.reset(handle.release());
    handle_->data = this;
    auto const on_signal = [](uv_signal_t* signal, int) {
        if (auto* self = static_cast<SignalWatch*>(signal->data)) self->arrived_();
    };
    ASSERT(uv_signal_start(handle_.get(), on_signal, number) == 0);
}

}  // namespace pawl
