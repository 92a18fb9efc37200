// Any bytes as the index of a log: every byte of the log is still told, once and in order.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/io/log_file.h"

namespace {

pawl::UniqueFd memory_file(void const* bytes, std::size_t size) {
    pawl::UniqueFd file(memfd_create("fuzz", MFD_CLOEXEC));
    if (write(file.get(), bytes, size) != static_cast<ssize_t>(size)) std::abort();
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string log_bytes(300, '\0');
    for (std::size_t i = 0; i < log_bytes.size(); ++i) log_bytes[i] = i % 7 == 0 ? '\n' : static_cast<char>('a' + i % 26);
    std::uint64_t const from = size == 0 ? 0 : data[0];
    pawl::LogFile const log(memory_file(log_bytes.data(), log_bytes.size()), memory_file(data, size));
    std::string told;
    for (pawl::LogChunk const& chunk : log.read(from, 200)) {
        if (chunk.offset != from + told.size()) std::abort();
        told += chunk.bytes;
    }
    if (told != log_bytes.substr(static_cast<std::size_t>(from), 200)) std::abort();
    return 0;
}
