// A connection's bytes: the first byte says in pieces of which size they come. However they are cut, the requests are the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire/http.h"
#include "common/wire/sse.h"
#include "common/wire/url.h"

namespace {

using pawl::wire::RequestParser;

/// What was understood, as text, so that two readings can be compared.
std::string understand(std::string_view bytes, std::size_t piece) {
    RequestParser parser;
    std::string seen;
    for (std::size_t at = 0; at < bytes.size();) {
        at += parser.take(bytes.substr(at, piece));
        if (parser.state() == RequestParser::State::refused) return seen + std::to_string(parser.refusal().status);
        if (parser.state() != RequestParser::State::complete) continue;
        auto const& request = parser.request();
        seen += request.method + " " + request.target + " " + std::to_string(request.body.size()) + "\n";
        if (auto const target = pawl::wire::parse_target(request.target)) seen += target->path;
        parser.reset();
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    std::size_t const piece = data[0] % 16 + 1u;
    if (understand(bytes, piece) != understand(bytes, bytes.size() + 1)) std::abort();
    pawl::wire::ResponseParser response([](std::string_view) {});
    if (response.take(bytes)) static_cast<void>(response.take_end());
    pawl::wire::SseParser events;
    events.take(bytes, [](pawl::wire::SseEvent const&) { return true; });
    return 0;
}
