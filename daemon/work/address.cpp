// The registries of special addresses, as tables of prefixes.
#include "daemon/work/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace pawl {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

struct Network4 {
    std::uint32_t address;
    unsigned bits;
};
constexpr Network4 special4[] = {
    {0x00000000, 8},   // this host
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // behind a carrier's NAT
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local; where clouds keep their credentials
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // 6to4 relays
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // measurements
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, broadcast
};

struct Network6 {
    Bytes address;
    unsigned bits;
};
constexpr Network6 special6[] = {
    {{}, 96},                              // unspecified, loopback, IPv4-compatible
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48},  // local translation
    {{0x01}, 64},                          // discard
    {{0x20, 0x01}, 23},                    // protocol assignments, Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32},        // documentation
    {{0xfc}, 7},                           // unique local
    {{0xfe, 0x80}, 10},                    // link-local
    {{0xfe, 0xc0}, 10},                    // site-local
    {{0xff}, 8},                           // multicast
};
/// Prefixes behind which an IPv4 address stands.
constexpr Network6 wrapping[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},  // mapped
    {{0x00, 0x64, 0xff, 0x9b}, 96},                    // translated (NAT64)
    {{0x20, 0x02}, 16},                                // 6to4
};

bool is_special4(std::uint32_t address) {
    return std::ranges::any_of(special4, [&](Network4 const& network) { return (address ^ network.address) >> (32 - network.bits) == 0; });
}

bool is_in(Bytes const& address, Network6 const& network) {
    unsigned const whole = network.bits / 8, rest = network.bits % 8;
    if (!std::equal(address.begin(), address.begin() + whole, network.address.begin())) return false;
    return rest == 0 || ((address[whole] ^ network.address[whole]) >> (8 - rest)) == 0;
}

std::uint32_t number_at(Bytes const& bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

bool is_special6(Bytes const& address) {
    for (Network6 const& network : wrapping)
        if (is_in(address, network)) return is_special4(number_at(address, network.bits / 8));
    return std::ranges::any_of(special6, [&](Network6 const& network) { return is_in(address, network); });
}

}  // namespace

bool is_private_address(sockaddr const& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        return is_special4(ntohl(in.sin_addr.s_addr));
    }
    if (address.sa_family != AF_INET6) return true;
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    Bytes bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return is_special6(bytes);
}

std::string shown_address(sockaddr const& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        return inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size()) != nullptr ? text.data() : "";
    }
    if (address.sa_family != AF_INET6) return "";
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    return inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size()) != nullptr ? "[" + std::string(text.data()) + "]" : "";
}

}  // namespace pawl
