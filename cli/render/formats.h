// The machine-readable forms of an answer: YAML and CSV. JSON itself is common/base's.
#pragma once

#include <string>
#include <vector>

#include "common/base/json.h"

namespace pawl::cli {

/// Block style; every text that YAML 1.1 or 1.2 could read as something else is quoted. Ends with a newline.
std::string dump_yaml(Json const& value);
/// RFC 4180 with a head line; nested values as JSON, null as nothing. Lines end in "\n".
std::string dump_csv(std::vector<std::string> const& fields, JsonList const& items);
/// All member names of the items, in order of first appearance.
std::vector<std::string> fields_of(JsonList const& items);
/// A value as a person would write it: text without quotes, null as "", the rest as JSON.
std::string plain_text(Json const& value);

}  // namespace pawl::cli
