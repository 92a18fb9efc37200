// The version of this build; the root CMakeLists.txt has the same number.
#pragma once

namespace pawl {
inline constexpr char const* release = "0.1.0";
}
