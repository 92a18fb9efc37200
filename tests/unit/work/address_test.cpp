// Which addresses a value may not lead to.
#include "daemon/work/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/catch.h"

using namespace pawl;

namespace {

bool is_private(std::string const& text) {
    sockaddr_storage storage{};
    if (text.find(':') == std::string::npos) {
        auto& in = reinterpret_cast<sockaddr_in&>(storage);
        in.sin_family = AF_INET;
        REQUIRE(inet_pton(AF_INET, text.c_str(), &in.sin_addr) == 1);
    } else {
        auto& in = reinterpret_cast<sockaddr_in6&>(storage);
        in.sin6_family = AF_INET6;
        REQUIRE(inet_pton(AF_INET6, text.c_str(), &in.sin6_addr) == 1);
    }
    return is_private_address(reinterpret_cast<sockaddr const&>(storage));
}

}  // namespace

TEST_CASE("addresses that are not for everybody are private, to the ends of their networks", "[work]") {
    for (char const* address : {"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
                                "172.31.255.255", "192.0.0.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
                                "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::",
                                "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1"}) {
        INFO(address);
        CHECK(is_private(address));
    }
}

TEST_CASE("the neighbours of private networks are public", "[work]") {
    for (char const* address : {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
                                "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808",
                                "2002:808:808::1", "2a00::1", "fbff::1"}) {
        INFO(address);
        CHECK_FALSE(is_private(address));
    }
    sockaddr unix_socket{};
    unix_socket.sa_family = AF_UNIX;
    CHECK(is_private_address(unix_socket));
}
