// Identities of stored things: integers with a type, so that a run cannot be taken for an attempt.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace pawl {

/// A row's number; 0 means none. Allotted upwards by the daemon, never reused.
template <class Tag>
struct Id {
    std::int64_t value = 0;
    explicit operator bool() const { return value != 0; }
    auto operator<=>(Id const&) const = default;
};

using WorkflowId = Id<struct WorkflowTag>;
using VersionId = Id<struct VersionTag>;
using RunId = Id<struct RunTag>;
using AttemptId = Id<struct AttemptTag>;

}  // namespace pawl

template <class Tag>
struct std::hash<pawl::Id<Tag>> {
    std::size_t operator()(pawl::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
