// Which addresses belong to no public network: there a value from outside may not send us.
#pragma once

#include <string>

struct sockaddr;

namespace pawl {

/// Loopback, private and link-local networks, and what else is not for everybody (RFC 6890 and its successors); also when an IPv4 address of
/// that kind is wrapped into an IPv6 one. Families other than these two are private.
bool is_private_address(sockaddr const& address);

/// "127.0.0.1", "[::1]"; empty for another family.
std::string shown_address(sockaddr const& address);

}  // namespace pawl
