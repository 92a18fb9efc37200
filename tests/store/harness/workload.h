// A stream of batches, the same for the same number, and the check that a store holds exactly the first ones of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/core/records.h"
#include "daemon/store/store.h"

namespace pawl::test {

/// Batch `number`, from 1. Four make a run: queued, running, its step ended, succeeded.
Batch batch_of_stream(std::uint64_t number, flow::Durability durability = flow::Durability::full);

/// Empty when the file holds batches 1 to n of the stream, n at least `acknowledged` and at most `submitted`, each exactly once and whole,
/// and is sound for SQLite. Otherwise what is wrong.
std::optional<std::string> mistake_in(std::string const& path, std::string const& vfs, std::uint64_t acknowledged, std::uint64_t submitted);

}  // namespace pawl::test
