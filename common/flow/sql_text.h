// Finds the parameters in the text of a SQL query, so that a missing value is found before anything runs.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace pawl::flow {

struct SqlParameter {
    std::string_view name;  ///< without its mark, part of the text; empty: `?`, which has no name
    std::size_t offset = 0; ///< of the mark
    std::size_t length = 0;
};
/// In reading order, repeated ones too. What stands in quotes and comments is none.
std::vector<SqlParameter> sql_parameters(std::string_view query);

/// Certainly changes nothing: is one statement, and begins with SELECT or VALUES, or with WITH and has no word that changes rows.
bool only_reads(std::string_view query);

}  // namespace pawl::flow
