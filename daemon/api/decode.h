// Strict reading of request bodies and queries: a member nobody asked for is an error, and so is one of another type.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "daemon/store/reader.h"

namespace pawl::api {

/// An error of code::invalid_request.
Error bad_request(std::string message, std::string hint = "");

/// Takes members out of a JSON map by name. The first mistake is kept; finish() tells it, or names a member that nobody took.
class Fields {
public:
    /// `where`: for messages, "the body" or "'file'". A value that is no map is a mistake.
    Fields(Json const& value, std::string where);

    std::optional<std::string> text(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    std::optional<bool> boolean(std::string_view name);
    std::optional<std::vector<std::string>> texts(std::string_view name);
    Json const* map(std::string_view name);
    Json const* list(std::string_view name);
    std::string required_text(std::string_view name);
    void fail(Error error);
    Status finish() const;

private:
    Json const* take(std::string_view name);
    Json const* typed(std::string_view name, bool fits, Json const* value, std::string_view wanted);

    Json const* map_ = nullptr;
    std::string where_;
    std::vector<std::string_view> taken_;
    std::optional<Error> problem_;
};

/// Parses a body as JSON; an empty one is an empty map.
Result<Json> parse_body(std::string_view body, std::size_t bytes_max = 1u << 20);

using Query = std::map<std::string, std::string>;
/// Refuses names that are not in `allowed` (separated by spaces), with a suggestion.
Status check_query(Query const& query, std::string_view allowed);
/// filter, limit, after, live, workflow, order.
Result<ListQuery> decode_list_query(Query const& query);
Result<bool> decode_flag(Query const& query, std::string const& name);
Result<std::int64_t> decode_number(Query const& query, std::string const& name, std::int64_t fallback, std::int64_t max);
/// A positive integer without sign or leading zero.
std::optional<std::int64_t> parse_id(std::string_view text);
/// code::invalid_request when it is none.
Result<RunId> decode_run_id(std::string const& text);

}  // namespace pawl::api
