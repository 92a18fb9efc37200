// The text of packaging/schema/openapi.yaml, compiled in.
#pragma once

#include <string_view>

namespace pawl::api {
extern std::string_view const openapi_yaml;
}
