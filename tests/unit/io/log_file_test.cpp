// Logs are bytes; the index only adds streams and times, and may be as wrong as it likes.
#include "daemon/io/log_file.h"

#include <sys/mman.h>

#include <cstring>

#include "daemon/shim/crc32.h"
#include "daemon/shim/protocol.h"
#include "tests/catch.h"

using namespace pawl;

namespace {

UniqueFd memory_file(std::string const& bytes) {
    UniqueFd file(memfd_create("log", MFD_CLOEXEC));
    REQUIRE(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    return file;
}

std::string record(std::uint64_t offset, std::uint32_t ms, std::uint8_t stream) {
    std::uint32_t table[256];
    pawl_crc32_fill(table);
    pawl_index_record made{};
    made.offset = offset;
    made.ms = ms;
    made.stream = stream;
    made.check = static_cast<std::uint16_t>(pawl_crc32(table, &made, offsetof(pawl_index_record, check)));
    return {reinterpret_cast<char const*>(&made), sizeof made};
}

std::string text_of(std::vector<LogChunk> const& chunks) {
    std::string text;
    for (LogChunk const& chunk : chunks) text += chunk.bytes;
    return text;
}

}  // namespace

TEST_CASE("a log is read in chunks that tell stream and time", "[log]") {
    LogFile const log(memory_file("out1err1out2"), memory_file(record(0, 5, 1) + record(4, 6, 2) + record(8, 7, 1)));
    std::vector<LogChunk> const chunks = log.read(0, 100);
    REQUIRE(chunks.size() == 3);
    CHECK(chunks[0] == LogChunk{.offset = 0, .ms = 5, .stream = LogStream::out, .bytes = "out1"});
    CHECK(chunks[1] == LogChunk{.offset = 4, .ms = 6, .stream = LogStream::err, .bytes = "err1"});
    CHECK(chunks[2] == LogChunk{.offset = 8, .ms = 7, .stream = LogStream::out, .bytes = "out2"});
    SECTION("from the middle of a chunk, as much as asked for") {
        std::vector<LogChunk> const part = log.read(6, 3);
        REQUIRE(part.size() == 2);
        CHECK(part[0] == LogChunk{.offset = 6, .ms = 6, .stream = LogStream::err, .bytes = "r1"});
        CHECK(part[1] == LogChunk{.offset = 8, .ms = 7, .stream = LogStream::out, .bytes = "o"});
    }
    SECTION("nothing behind the end") { CHECK(log.read(12, 5).empty()); }
}

TEST_CASE("the mark of a cut log is pawl's own stream", "[log]") {
    LogFile const log(memory_file("a\n[pawl: 9 bytes dropped]\nz"), memory_file(record(0, 1, 1) + record(1, 2, 0) + record(26, 2, 1)));
    std::vector<LogChunk> const chunks = log.read(0, 100);
    REQUIRE(chunks.size() == 3);
    CHECK(chunks[1].stream == LogStream::mark);
    CHECK(chunks[1].bytes == "\n[pawl: 9 bytes dropped]\n");
}

TEST_CASE("a torn, wrong or missing index costs no bytes", "[log]") {
    std::string const bytes = "out1err1out2";
    std::string const good = record(0, 5, 1) + record(4, 6, 2) + record(8, 7, 1);
    SECTION("missing") { CHECK(text_of(LogFile(memory_file(bytes), UniqueFd()).read(0, 100)) == bytes); }
    SECTION("torn anywhere") {
        for (std::size_t size = 0; size < good.size(); ++size)
            CHECK(text_of(LogFile(memory_file(bytes), memory_file(good.substr(0, size))).read(0, 100)) == bytes);
    }
    SECTION("a bit flipped anywhere") {
        for (std::size_t at = 0; at < good.size(); ++at) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 16);
            for (std::uint64_t from = 0; from < bytes.size(); ++from)
                CHECK(text_of(LogFile(memory_file(bytes), memory_file(bad)).read(from, 100)) == bytes.substr(from));
        }
    }
    SECTION("backwards, and beyond the end") {
        std::string const bad = record(8, 7, 1) + record(4, 6, 2) + record(1u << 30, 9, 2) + record(0, 5, 1);
        CHECK(text_of(LogFile(memory_file(bytes), memory_file(bad)).read(2, 100)) == bytes.substr(2));
    }
}

TEST_CASE("the last lines are found from the end", "[log]") {
    auto const tail = [](std::string const& bytes, std::uint64_t lines) {
        LogFile const log(memory_file(bytes), UniqueFd());
        return bytes.substr(static_cast<std::size_t>(log.tail_offset(lines)));
    };
    CHECK(tail("a\nb\nc\n", 2) == "b\nc\n");
    CHECK(tail("a\nb\nc", 2) == "b\nc");
    CHECK(tail("a\nb\nc\n", 9) == "a\nb\nc\n");
    CHECK(tail("a\nb\nc\n", 0).empty());
    CHECK(tail("", 3).empty());
    std::string const long_line(200'000, 'x');
    CHECK(tail("a\n" + long_line + "\nz\n", 2) == long_line + "\nz\n");
}

TEST_CASE("a log that is not there yet is empty", "[log]") {
    LogFile const log{UniqueFd(), UniqueFd()};
    CHECK(log.size() == 0);
    CHECK(log.read(0, 100).empty());
    CHECK(log.tail_offset(5) == 0);
}
