// A strict reading of RFC 3986: what is unusual is refused rather than guessed, since the check and the sender must not see two hosts.
#include "common/flow/url.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/percent.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

constexpr std::size_t url_bytes_max = 8192;

Error refused(std::string message, std::string hint = {}) {
    return {.code = code::invalid_value, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_host(std::string_view host) {
    if (host.starts_with('['))
        return host.size() > 3 && host.ends_with(']') && host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) { return is_plain(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_port(std::string_view port) {
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return false;
    int const number = std::stoi(std::string(port));
    return number >= 1 && number <= 65535;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    constexpr std::string_view unsafe = "\"<>\\^`{|}";
    if (text.size() > url_bytes_max) return refused("the url is longer than 8 KiB");
    for (char const c : text)
        if (c <= ' ' || static_cast<unsigned char>(c) >= 0x7f || unsafe.find(c) != std::string_view::npos)
            return refused("the url has a character that must be percent-encoded", "values of the query go into params, which encodes them");
    std::size_t const scheme_end = text.find("://");
    Url url;
    url.scheme = lower_case(text.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
    if (url.scheme != "http" && url.scheme != "https") return refused("the url does not begin with http:// or https://");
    text.remove_prefix(scheme_end + 3);
    std::size_t const end = std::min(text.find_first_of("/?#"), text.size());
    std::string_view authority = text.substr(0, end);
    if (authority.find('@') != std::string_view::npos)
        return refused("the url has a user in it", "send credentials in a header field, Authorization");
    std::size_t const host_end = std::min(authority.find(':', authority.starts_with('[') ? std::min(authority.find(']'), authority.size()) : 0), authority.size());
    url.host = lower_case(authority.substr(0, host_end));
    if (!is_host(url.host)) return refused("the url names no host");
    if (host_end < authority.size()) {
        url.port = authority.substr(host_end + 1);
        if (!is_port(url.port)) return refused("'" + printable(take_characters(url.port, 20)) + "' is no port");
    }
    url.rest = text.substr(end, text.find('#') == std::string_view::npos ? std::string_view::npos : text.find('#') - end);
    return url;
}

bool names_whole_host(std::string_view start) {
    std::size_t const scheme = start.find("://");
    if (scheme == std::string_view::npos) return false;
    std::string_view const authority = start.substr(scheme + 3);
    if (authority.starts_with('[')) return authority.find(']') != std::string_view::npos;
    return authority.find_first_of(":/?#") != std::string_view::npos;
}

void append_query(std::string& url, std::string_view name, std::string_view value) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += percent_encode(name);
    url += '=';
    url += percent_encode(value);
}

std::string shown_url(std::string_view url) {
    std::size_t const query = url.find('?');
    return printable(take_characters(url.substr(0, query), 200)) + (query == std::string_view::npos ? "" : "?…");
}

bool is_header_name(std::string_view name) {
    return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
        return is_plain(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

}  // namespace pawl::flow
