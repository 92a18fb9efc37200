// Boost.Beast's parser behind our rules: the raw head is scanned first, since Beast unfolds folded lines, and every header is looked at as it comes.
#include "common/wire/http.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <limits>

#include "common/base/assert.h"

namespace pawl::wire {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

/// Not boost::none: Beast of Boost 1.74 takes "no limit" for a limit below every length.
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

std::string lower(BeastView text) {
    std::string out(text.data(), text.size());
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// Receives the parts of a message head; the bodies of requests are counted by RequestParser, not here.
class RequestHeadReader final : public http::basic_parser<true> {
public:
    explicit RequestHeadReader(Request& out) : out_(out) {
        header_limit(static_cast<std::uint32_t>(request_head_max + 1));
        body_limit(no_limit);
    }
    int version = 0;

private:
    void on_request_impl(http::verb, BeastView method, BeastView target, int http_version, error_code&) override {
        out_.method.assign(method.data(), method.size());
        out_.target.assign(target.data(), target.size());
        version = http_version;
    }
    void on_field_impl(http::field, BeastView name, BeastView value, error_code&) override {
        out_.headers.emplace_back(lower(name), std::string(value.data(), value.size()));
    }
    void on_response_impl(int, BeastView, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(BeastView body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, error_code&) override { return body.size(); }
    void on_finish_impl(error_code&) override {}

    Request& out_;
};

std::size_t count(Headers const& headers, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count_if(headers, [name](auto const& header) { return header.first == name; }));
}

/// Digits only, no sign, at most 18 of them.
std::optional<std::uint64_t> parse_length(std::string_view text) {
    std::uint64_t length = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || text.size() > 18 || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return length;
}

bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && lower({a.data(), a.size()}) == b;
}

}  // namespace

RequestParser::RequestParser(BodyMax body_max) : body_max_(std::move(body_max)) {}

void RequestParser::reset() {
    state_ = State::head;
    head_.clear();
    line_start_ = first_line_ = true;
    after_cr_ = false;
    body_length_ = 0;
    request_ = {};
    refusal_ = {};
}

void RequestParser::refuse(int status, std::string message) {
    state_ = State::refused;
    refusal_ = {status, std::move(message)};
}

std::size_t RequestParser::take(std::string_view bytes) {
    std::size_t taken = 0;
    if (state_ == State::head) taken = take_head(bytes);
    if (state_ == State::body) {
        std::size_t const missing = static_cast<std::size_t>(body_length_ - request_.body.size());
        std::string_view const piece = bytes.substr(taken, missing);
        request_.body += piece;
        taken += piece.size();
        if (request_.body.size() == body_length_) state_ = State::complete;
    }
    return taken;
}

/// Every byte is looked at in order, so that a request is refused for the same reason however it is cut into reads.
std::size_t RequestParser::take_head(std::string_view bytes) {
    std::size_t const room = request_head_max - head_.size();
    std::size_t taken = 0;
    while (taken < std::min(bytes.size(), room)) {
        bool const whole = scan(bytes[taken++]);
        if (state_ == State::refused) return taken;
        if (!whole) continue;
        head_ += bytes.substr(0, taken);
        end_head();
        return taken;
    }
    head_ += bytes.substr(0, taken);
    if (bytes.size() > room) refuse(431, "the head of the request is longer than 16 KiB");
    return taken;
}

/// True when the byte ends the head. `line_start_`: nothing has come since the last line end.
bool RequestParser::scan(char byte) {
    if (after_cr_) {
        after_cr_ = false;
        if (byte != '\n') {
            refuse(400, "a carriage return without a line feed in the head");
            return false;
        }
        bool const ends = line_start_ && !first_line_;
        if (line_start_ && first_line_) refuse(400, "an empty line in place of a request");
        first_line_ = false;
        line_start_ = true;
        return ends;
    }
    auto const code = static_cast<unsigned char>(byte);
    if (byte == '\r') {
        after_cr_ = true;
        return false;
    }
    if (byte == '\n') refuse(400, "a line feed without a carriage return in the head");
    else if (line_start_ && (byte == ' ' || byte == '\t')) refuse(400, "a folded line in the head");
    else if ((code < 0x20 && byte != '\t') || code == 0x7f || (byte == '\t' && first_line_)) refuse(400, "a control character in the head");
    else if (code >= 0x80) refuse(400, "a byte outside ASCII in the head");
    line_start_ = false;
    return false;
}

void RequestParser::end_head() {
    RequestHeadReader reader(request_);
    error_code error;
    reader.put(boost::asio::buffer(head_.data(), head_.size()), error);
    std::size_t const lengths = count(request_.headers, "content-length");
    // Beast refuses length and chunks together by itself; which of the two it sees first must not change our answer.
    if (count(request_.headers, "transfer-encoding") > 0) {
        bool const both = error || lengths > 0;
        return both ? refuse(400, "a transfer encoding beside a length") : refuse(411, "a request needs Content-Length; transfer encodings are not taken");
    }
    if (error || !reader.is_header_done()) return refuse(400, "no well-formed HTTP request: " + (error ? error.message() : "its head is not whole"));
    if (reader.version != 11) return refuse(505, "only HTTP/1.1 is spoken here");
    if (request_.target[0] != '/' || !is_visible(request_.target)) return refuse(400, "the target of a request begins with '/'");
    if (count(request_.headers, "host") != 1) return refuse(400, "a request has exactly one Host");
    if (lengths > 1) return refuse(400, "more than one Content-Length");
    if (lengths == 1) {
        auto const length = parse_length(find_header(request_.headers, "content-length"));
        if (!length) return refuse(400, "Content-Length is no number");
        body_length_ = *length;
    }
    if (auto const expect = find_header(request_.headers, "expect"); !expect.empty()) {
        if (!equals_ignoring_case(expect, "100-continue")) return refuse(417, "the only expectation that can be met is 100-continue");
        request_.expects_continue = true;
    }
    std::uint64_t const body_max = body_max_ ? body_max_(request_.method, request_.target) : request_body_max;
    if (body_length_ > body_max) return refuse(413, "the body is longer than " + std::to_string(body_max) + " bytes");
    request_.keep_alive = reader.keep_alive();
    head_.clear();
    state_ = body_length_ == 0 ? State::complete : State::body;
}

// ---- responses

struct ResponseParser::Core final : http::basic_parser<false> {
    explicit Core(std::function<void(std::string_view)> body_) : body(std::move(body_)) {
        header_limit(64u << 10);
        body_limit(no_limit);
        eager(true);
    }
    std::function<void(std::string_view)> body;
    ResponseHead head;
    std::string unread, failure;
    bool has_head = false;

    void on_request_impl(http::verb, BeastView, BeastView, int, error_code&) override {}
    void on_response_impl(int status, BeastView, int, error_code&) override { head.status = status; }
    void on_field_impl(http::field, BeastView name, BeastView value, error_code&) override {
        head.headers.emplace_back(lower(name), std::string(value.data(), value.size()));
    }
    void on_header_impl(error_code&) override { has_head = true; }
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override { head.keep_alive = keep_alive(); }
    std::size_t on_body_impl(BeastView bytes, error_code&) override {
        body({bytes.data(), bytes.size()});
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView bytes, error_code&) override {
        body({bytes.data(), bytes.size()});
        return bytes.size();
    }
    void on_finish_impl(error_code&) override {}
};

ResponseParser::ResponseParser(std::function<void(std::string_view)> body) : core_(std::make_unique<Core>(std::move(body))) {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;

bool ResponseParser::take(std::string_view bytes) {
    if (!core_->failure.empty()) return false;
    core_->unread += bytes;
    std::size_t taken = 0;
    while (taken < core_->unread.size() && !core_->is_done()) {
        error_code error;
        std::size_t const piece = core_->put(boost::asio::buffer(core_->unread.data() + taken, core_->unread.size() - taken), error);
        taken += piece;
        if (error == http::error::need_more || (!error && piece == 0)) break;
        if (error) {
            core_->failure = error.message();
            return false;
        }
    }
    core_->unread.erase(0, core_->is_done() ? std::string::npos : taken);
    return true;
}

bool ResponseParser::take_end() {
    if (!core_->failure.empty()) return false;
    if (core_->is_done()) return true;
    if (!core_->has_head) return false;
    error_code error;
    core_->put_eof(error);
    return !error && core_->is_done();
}

bool ResponseParser::has_head() const { return core_->has_head; }
bool ResponseParser::complete() const { return core_->is_done(); }
ResponseHead const& ResponseParser::head() const { return core_->head; }
std::string const& ResponseParser::error() const { return core_->failure; }

}  // namespace pawl::wire
