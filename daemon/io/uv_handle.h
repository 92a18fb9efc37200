// Owns a libuv handle. libuv needs the memory until the close callback of a later turn, so destroying it closes first and deletes then.
#pragma once

#include <uv.h>

#include <memory>

namespace pawl {

struct CloseThenDelete {
    template <class Handle>
    void operator()(Handle* handle) const {
        handle->data = nullptr;  // from here on no callback finds the owner
        uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
    }
};

/// Fill it only after uv_*_init succeeded: what was never initialised cannot be closed.
template <class Handle>
using UvHandle = std::unique_ptr<Handle, CloseThenDelete>;

}  // namespace pawl
