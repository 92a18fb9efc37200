// Runs one fuzz target over the files of a corpus folder, without libFuzzer: the ordinary suite's view of tests/fuzz.
// A crash, a sanitizer report or an ASSERT ends the program; the last line printed names the file.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

void replay(std::string const& bytes) {
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
}

std::string read_whole(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::filesystem::path> files_of(std::filesystem::path const& folder) {
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::is_directory(folder)) return files;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    replay("");  // the input every parser forgets
    auto const files = files_of(argv[1]);
    if (files.empty()) {
        std::fprintf(stderr, "%s holds no input: is it the folder of this target?\n", argv[1]);
        return 1;
    }
    for (auto const& file : files) {
        std::printf("%s\n", file.c_str());
        std::fflush(stdout);
        replay(read_whole(file));
    }
    std::printf("%zu inputs replayed\n", files.size() + 1);
    return 0;
}
