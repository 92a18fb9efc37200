// The rules for where requests may go: http or https, a host, no user, nothing that a proxy or server could read in another way.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace pawl::flow {

/// A url that passed the rules, by its parts.
struct Url {
    std::string scheme;  ///< "http" or "https"
    std::string host;    ///< an IPv6 address keeps its brackets
    std::string port;    ///< digits; empty when not said
    std::string rest;    ///< path and query as written, without the fragment; may be empty
};
/// code::invalid_value with the reason.
Result<Url> parse_url(std::string_view text);

/// Does a text that starts like this name its host to the end, whatever follows?
bool names_whole_host(std::string_view start);

/// "name=value", both percent-encoded, with `?` or `&` before it, as the url needs.
void append_query(std::string& url, std::string_view name, std::string_view value);

/// The url for messages and logs: what follows `?` may be a secret.
std::string shown_url(std::string_view url);

/// Is this the name of a header field (RFC 9110, token)?
bool is_header_name(std::string_view name);

}  // namespace pawl::flow
