// A temporary folder with files, for tests of what is found, kept and compared.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "daemon/io/unique_fd.h"
#include "tests/catch.h"

namespace pawl::test {

class Folder {
public:
    Folder() {
        char name[] = "/tmp/pawl-files.XXXXXX";
        path_ = mkdtemp(name);
        fd_.reset(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    std::string const& path() const { return path_; }
    int fd() const { return fd_.get(); }
    std::string at(std::string const& name) const { return path_ + "/" + name; }
    void write(std::string const& name, std::string const& content = "x") const {
        std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
        std::ofstream(at(name), std::ios::binary) << content;
    }
    std::string read(std::string const& name) const {
        std::ifstream file(at(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    std::string path_;
    UniqueFd fd_;
};

inline std::string text_of(int file) {
    std::string text(1 << 16, '\0');
    ssize_t const got = pread(file, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

}  // namespace pawl::test
