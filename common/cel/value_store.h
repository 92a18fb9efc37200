// Values that outlive an evaluation: constants of a program, bindings of a suite. What they point to is copied in here and kept.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "common/cel/value.h"

namespace pawl::cel {

class ValueStore {
public:
    /// A copy whose text and elements live as long as the store.
    Value keep(Value const& value);

private:
    std::byte* block(std::size_t bytes);
    std::string_view text(std::string_view original);
    std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

}  // namespace pawl::cel
