// A folder of real files that lives as long as a test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace pawl::cli::test {

struct Folder {
    std::string path;
    Folder() {
        char pattern[] = "/tmp/pawl-project-test-XXXXXX";
        path = ::mkdtemp(pattern);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    std::string write(std::string const& name, std::string const& text) const {
        std::filesystem::create_directories(std::filesystem::path(path + "/" + name).parent_path());
        std::ofstream(path + "/" + name, std::ios::binary) << text;
        return path + "/" + name;
    }
    std::string read(std::string const& name) const {
        std::ifstream file(path + "/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::size_t files() const {
        std::size_t count = 0;
        for (auto const& entry : std::filesystem::recursive_directory_iterator(path)) count += entry.is_regular_file();
        return count;
    }
};

}  // namespace pawl::cli::test
