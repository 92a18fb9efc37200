// The public suite as it lies in JSON: tests in sections in files, and which of them pawl declares not applicable.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/json.h"

namespace pawl::conformance {

struct Test {
    std::string file, section, name;
    int ordinal = 1;          ///< among the tests of that name in the section
    Json const* data = nullptr;      ///< with "ast", "type"; borrowed from the document
    Json const* original = nullptr;  ///< its "original"
    std::string id() const { return file + "/" + section + "/" + name + (ordinal > 1 ? "#" + std::to_string(ordinal) : ""); }
};

/// All tests of a nested document {name, suites, tests}.
std::vector<Test> flatten(Json const& document);

/// Reason by id, from lines "file<TAB>section<TAB>name<TAB>ordinal<TAB>reason"; '#' begins a comment.
std::map<std::string, std::string> read_not_applicable(std::string const& text);

/// Counts of one comparison, with what differs.
struct Tally {
    std::size_t equal = 0, total = 0;
    std::vector<std::string> misses;
    void compare(std::string const& what, std::string const& got, std::string const& wanted);
};

}  // namespace pawl::conformance
