// ASSERT: our own bugs, caught in every build. Never for the user's mistakes (Error) or expected failures (Result).
#pragma once

namespace pawl {
/// Prints the broken condition and aborts: the supervisor restarts us, and the state on disk is whole.
[[noreturn]] void assertion_failed(char const* condition, char const* file, int line) noexcept;
}

#define ASSERT(condition) \
    ((condition) ? static_cast<void>(0) : ::pawl::assertion_failed(#condition, __FILE__, __LINE__))
