// A file that holds disk space back, to be given free when the disk is full: then stopping and recording still work.
#pragma once

#include <cstdint>
#include <string>

namespace pawl {

class Reserve {
public:
    /// `path` empty: there is none, and all succeed.
    Reserve(std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {}
    /// Room for the reserve and as much again. Less, and it would take the space that was just given free: degraded mode would flap.
    bool has_room() const;
    bool make() const;  ///< true when it lies there in full size; never leaves half a file
    void give_free() const;

private:
    bool lies_there() const;

    std::string path_;
    std::uint64_t bytes_;
};

}  // namespace pawl
