// The rules for all requests: http and https alone, certificates verified, no redirect followed, no proxy, cookie or .netrc, no request sent twice.
#include "daemon/work/http_client.h"

#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#define CURL_DISABLE_TYPECHECK  // its macros stand in the way of pointers to the functions
#include <curl/curl.h>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/base/version.h"
#include "daemon/work/address.h"

namespace pawl {
namespace {

/// What we use of the library. Linked, it and the forty libraries behind it would cost a daemon that makes no request its memory and start.
struct Curl {
    decltype(&curl_global_init) global_init = nullptr;
    decltype(&curl_easy_init) easy_init = nullptr;
    decltype(&curl_easy_setopt) set = nullptr;
    decltype(&curl_easy_getinfo) info = nullptr;
    decltype(&curl_easy_strerror) error_text = nullptr;
    decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
    decltype(&curl_slist_append) append = nullptr;
    decltype(&curl_slist_free_all) free_list = nullptr;
    decltype(&curl_multi_init) multi_init = nullptr;
    decltype(&curl_multi_setopt) multi_set = nullptr;
    decltype(&curl_multi_add_handle) add = nullptr;
    decltype(&curl_multi_remove_handle) remove = nullptr;
    decltype(&curl_multi_perform) perform = nullptr;
    decltype(&curl_multi_info_read) next_message = nullptr;
    decltype(&curl_multi_poll) poll = nullptr;
    decltype(&curl_multi_wakeup) wakeup = nullptr;
    decltype(&curl_multi_cleanup) multi_cleanup = nullptr;

    std::string missing;  ///< empty: all there

    Curl() {
        void* const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);  // of OpenSSL: the one that Debian calls so
        if (library == nullptr) {
            missing = "libcurl.so.4 cannot be loaded: install the package libcurl4 (Debian 12) or libcurl4t64 (Debian 13)";
            return;
        }
        find(library, "curl_global_init", global_init), find(library, "curl_easy_init", easy_init), find(library, "curl_easy_setopt", set);
        find(library, "curl_easy_getinfo", info), find(library, "curl_easy_strerror", error_text), find(library, "curl_easy_cleanup", easy_cleanup);
        find(library, "curl_slist_append", append), find(library, "curl_slist_free_all", free_list), find(library, "curl_multi_init", multi_init);
        find(library, "curl_multi_setopt", multi_set), find(library, "curl_multi_add_handle", add), find(library, "curl_multi_remove_handle", remove);
        find(library, "curl_multi_perform", perform), find(library, "curl_multi_info_read", next_message), find(library, "curl_multi_poll", poll);
        find(library, "curl_multi_wakeup", wakeup), find(library, "curl_multi_cleanup", multi_cleanup);
        if (missing.empty() && global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) missing = "libcurl does not start";
    }

private:
    template <class Function>
    void find(void* library, char const* name, Function& function) {
        function = reinterpret_cast<Function>(dlsym(library, name));
        if (function == nullptr && missing.empty()) missing = std::string("libcurl.so.4 is too old: it has no ") + name;
    }
};

Curl const& curl() {
    static Curl const loaded;
    return loaded;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return lower;
}

}  // namespace

struct HttpClient::Transfer {
    ~Transfer() {
        if (easy != nullptr) curl().easy_cleanup(easy);
        curl().free_list(list);
    }

    std::int64_t id = 0;
    HttpCall call;
    HttpAnswer answer;
    CURL* easy = nullptr;
    curl_slist* list = nullptr;
    std::array<char, CURL_ERROR_SIZE> error{};
    std::uint64_t file_offset = 0;
    std::size_t header_bytes = 0;
    std::string refused;         ///< an address of a private network
    std::string failure;         ///< found by a callback of ours
};

namespace {

using Transfer = HttpClient::Transfer;

/// Every connection begins here, and with the address that it really goes to.
curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(data);
    if (!transfer.call.private_networks && is_private_address(address->addr)) {
        transfer.refused = shown_address(address->addr);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t read_file(char* to, std::size_t size, std::size_t count, void* data) {
    auto& transfer = *static_cast<Transfer*>(data);
    std::uint64_t const left = transfer.call.file_bytes - std::min(transfer.call.file_bytes, transfer.file_offset);
    std::size_t const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size * count, left));
    if (wanted == 0) return 0;
    ssize_t const got = pread(transfer.call.file.get(), to, wanted, static_cast<off_t>(transfer.file_offset));
    if (got <= 0) {
        transfer.failure = got == 0 ? "the file became shorter while it was sent" : std::string("the file cannot be read: ") + std::strerror(errno);
        return CURL_READFUNC_ABORT;
    }
    transfer.file_offset += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
}

int rewind_file(void* data, curl_off_t offset, int origin) {
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Transfer*>(data)->file_offset = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
}

/// A status line begins the fields anew: what stood before it was interim (100, 103).
std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* data) {
    auto& transfer = *static_cast<Transfer*>(data);
    std::string_view const line = trim({bytes, size});
    transfer.header_bytes += size;
    if (transfer.header_bytes > http_headers_max) {
        transfer.failure = "the header of the answer is larger than 32 KiB";
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        std::size_t const status = line.find(' '), phrase = line.find(' ', std::min(status, line.size() - 1) + 1);
        transfer.answer.headers.clear();
        transfer.answer.phrase = phrase == std::string_view::npos ? "" : std::string(trim(line.substr(phrase)));
        return size;
    }
    std::size_t const colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    transfer.answer.headers.emplace_back(lower_case(line.substr(0, colon)), trim(line.substr(colon + 1)));
    return size;
}

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* data) {
    HttpAnswer& answer = static_cast<Transfer*>(data)->answer;
    std::size_t const taken = std::min(size, http_body_max - answer.body.size());
    answer.body.append(bytes, taken);
    answer.is_cut = taken < size;
    return taken;  // less than was offered ends the transfer
}

/// Only what may be done twice may use a connection again: on one that the server has just closed, libcurl would send the request a second
/// time. One that may not go everywhere never uses a connection that another was allowed to make.
bool may_reuse(HttpCall const& call) {
    return PAWL_MUTANT("connections_shared") || (call.private_networks && (call.method == "GET" || call.method == "HEAD"));
}

void set_content(Transfer& transfer) {
    Curl const& library = curl();
    HttpCall const& call = transfer.call;
    if (call.method == "HEAD") library.set(transfer.easy, CURLOPT_NOBODY, 1L);
    else library.set(transfer.easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    if (call.file) {
        library.set(transfer.easy, CURLOPT_UPLOAD, 1L);
        library.set(transfer.easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(call.file_bytes));
        library.set(transfer.easy, CURLOPT_READFUNCTION, read_file);
        library.set(transfer.easy, CURLOPT_READDATA, &transfer);
        library.set(transfer.easy, CURLOPT_SEEKFUNCTION, rewind_file);
        library.set(transfer.easy, CURLOPT_SEEKDATA, &transfer);
    } else if (call.body || call.method == "POST" || call.method == "PUT" || call.method == "PATCH") {
        library.set(transfer.easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body ? call.body->size() : 0));
        library.set(transfer.easy, CURLOPT_POSTFIELDS, call.body ? call.body->data() : "");
    }
    for (std::string const& header : call.headers) transfer.list = library.append(transfer.list, header.c_str());
    transfer.list = library.append(transfer.list, "Expect:");  // do not ask first
    library.set(transfer.easy, CURLOPT_HTTPHEADER, transfer.list);
}

void set_up(Transfer& transfer) {
    Curl const& library = curl();
    CURL* const easy = transfer.easy;
    library.set(easy, CURLOPT_PRIVATE, &transfer);
    library.set(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    library.set(easy, CURLOPT_URL, transfer.call.url.c_str());
    library.set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    library.set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    library.set(easy, CURLOPT_PROXY, "");  // nor one that the daemon's environment names
    library.set(easy, CURLOPT_NOPROGRESS, 1L);
    library.set(easy, CURLOPT_NOSIGNAL, 1L);
    library.set(easy, CURLOPT_QUICK_EXIT, 1L);  // a cancel does not wait for the resolver
    library.set(easy, CURLOPT_FRESH_CONNECT, may_reuse(transfer.call) ? 0L : 1L);
    library.set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    library.set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    library.set(easy, CURLOPT_USERAGENT, ("pawl/" + std::string(release)).c_str());
    library.set(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    library.set(easy, CURLOPT_OPENSOCKETDATA, &transfer);
    library.set(easy, CURLOPT_HEADERFUNCTION, take_header);
    library.set(easy, CURLOPT_HEADERDATA, &transfer);
    library.set(easy, CURLOPT_WRITEFUNCTION, take_body);
    library.set(easy, CURLOPT_WRITEDATA, &transfer);
    set_content(transfer);
}

/// "example.org": without the port.
std::string host_of(std::string const& server) { return server.substr(0, server.rfind(':')); }

std::string error_of(CURLcode code, Transfer const& transfer) {
    Curl const& library = curl();
    HttpCall const& call = transfer.call;
    if (!transfer.failure.empty()) return transfer.failure;
    if (!transfer.refused.empty()) {
        std::string const host = printable(host_of(call.server));
        std::string const which = host == transfer.refused ? "" : ", which is '" + host + "',";
        return transfer.refused + which + " belongs to a private network: where a value decides about the host, such an address is refused";
    }
    std::string const detail = transfer.error[0] != '\0' ? transfer.error.data() : library.error_text(code);
    long number = 0;
    library.info(transfer.easy, CURLINFO_OS_ERRNO, &number);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "the name '" + printable(host_of(call.server)) + "' is not known: " + printable(detail);
    case CURLE_COULDNT_CONNECT: return "cannot connect to " + printable(call.server) + ": " + (number != 0 ? std::strerror(static_cast<int>(number)) : printable(detail));
    case CURLE_PEER_FAILED_VERIFICATION: return "the certificate of " + printable(call.server) + " is not accepted: " + printable(detail);
    case CURLE_SSL_CACERT_BADFILE: return "no certificate authorities are installed (package ca-certificates): " + printable(detail);
    case CURLE_SSL_CONNECT_ERROR: return "no TLS with " + printable(call.server) + ": " + printable(detail);
    case CURLE_GOT_NOTHING: return printable(call.server) + " closed the connection without an answer";
    case CURLE_PARTIAL_FILE: return "the answer of " + printable(call.server) + " ended too early";
    default: return "no answer from " + printable(call.server) + ": " + printable(detail);
    }
}

void tell_facts(Transfer& transfer) {
    Curl const& library = curl();
    HttpAnswer& answer = transfer.answer;
    long status = 0, port = 0, connections = 0;
    char* address = nullptr;
    curl_off_t connected = 0, total = 0, sent = 0;
    library.info(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    library.info(transfer.easy, CURLINFO_PRIMARY_IP, &address);
    library.info(transfer.easy, CURLINFO_PRIMARY_PORT, &port);
    library.info(transfer.easy, CURLINFO_NUM_CONNECTS, &connections);
    library.info(transfer.easy, CURLINFO_APPCONNECT_TIME_T, &connected);
    if (connected == 0) library.info(transfer.easy, CURLINFO_CONNECT_TIME_T, &connected);
    library.info(transfer.easy, CURLINFO_TOTAL_TIME_T, &total);
    library.info(transfer.easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    answer.status = static_cast<int>(status);
    if ((connected > 0 || status != 0) && address != nullptr && address[0] != '\0') answer.peer = std::string(address) + " port " + std::to_string(port);
    answer.reused = connections == 0 && status != 0;
    answer.connected = std::chrono::microseconds(connected);
    answer.total = std::chrono::microseconds(total);
    answer.sent = static_cast<std::uint64_t>(sent);
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::open() {
    if (!curl().missing.empty()) return Error{code::unavailable, curl().missing, {}, {}};
    CURLM* const multi = curl().multi_init();
    if (multi == nullptr) return Error{code::unavailable, "libcurl does not start", {}, {}};
    constexpr long connections_kept = 8;
    curl().multi_set(multi, CURLMOPT_MAXCONNECTS, connections_kept);
    return std::unique_ptr<HttpClient>(new HttpClient(multi));
}

HttpClient::HttpClient(void* multi) : multi_(multi) {}

HttpClient::~HttpClient() {
    while (!transfers_.empty()) cancel(transfers_.begin()->first);
    curl().multi_cleanup(multi_);
}

void HttpClient::start(std::int64_t id, HttpCall call) {
    auto transfer = std::make_unique<Transfer>();
    transfer->id = id;
    transfer->call = std::move(call);
    transfer->easy = curl().easy_init();
    ASSERT(transfer->easy != nullptr);  // no memory
    set_up(*transfer);
    curl().add(multi_, transfer->easy);
    transfers_[id] = std::move(transfer);
}

void HttpClient::cancel(std::int64_t id) {
    auto const found = transfers_.find(id);
    if (found == transfers_.end()) return;
    curl().remove(multi_, found->second->easy);
    transfers_.erase(found);
}

std::vector<std::pair<std::int64_t, HttpAnswer>> HttpClient::work() {
    std::vector<std::pair<std::int64_t, HttpAnswer>> ended;
    int running = 0, left = 0;
    curl().perform(multi_, &running);
    while (CURLMsg* const message = curl().next_message(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode const code = message->data.result;  // the message dies with its handle
        Transfer* transfer = nullptr;
        curl().info(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        tell_facts(*transfer);
        bool const is_answer = code == CURLE_OK || (transfer->answer.is_cut && transfer->failure.empty());
        if (!is_answer) transfer->answer.error = error_of(code, *transfer);
        ended.emplace_back(transfer->id, std::move(transfer->answer));
        cancel(transfer->id);
    }
    return ended;
}

void HttpClient::wait(std::chrono::milliseconds time) { curl().poll(multi_, nullptr, 0, static_cast<int>(time.count()), nullptr); }

void HttpClient::wake() { curl().wakeup(multi_); }

}  // namespace pawl
