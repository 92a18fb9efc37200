// A disk in memory, as a VFS of SQLite, that fails on purpose: the n-th call, all from the n-th on, when it is full, or when power goes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace pawl::test {

/// Owns its files. Open a store on it with `.vfs = disk.name()`; the disk must outlive the store. Any thread may call.
class FaultDisk {
public:
    enum class Failure : std::uint8_t { io, full };
    struct Fault {
        std::uint64_t at = 0;   ///< number of the call that fails, from 1; 0: none
        bool sticky = false;    ///< all further calls fail too
        Failure failure = Failure::io;
        bool torn = false;      ///< the failing write leaves the first half of its bytes
    };

    FaultDisk();
    ~FaultDisk();
    FaultDisk(FaultDisk const&) = delete;
    FaultDisk& operator=(FaultDisk const&) = delete;

    std::string const& name() const { return name_; }
    void plan(Fault fault);                        ///< counts calls anew; {} heals
    void limit(std::uint64_t bytes);               ///< capacity of all files together; 0: no limit
    std::uint64_t calls() const;                   ///< reads, writes, syncs, truncations, deletions, openings since plan()
    bool failed() const;                           ///< has a call failed since plan()

    /// Everything that was not synced is lost, sector by sector (512 bytes): as the seed says a sector is new, old or half of each, and
    /// a deletion happened or did not. What is open fails from now on; files opened later see what is left.
    void lose_power(std::uint64_t seed);

    struct File;
    struct Handle;
    struct Calls;  ///< the functions SQLite calls

private:
    friend struct Calls;
    enum class Outcome : std::uint8_t { fine, fails, fails_torn };
    Outcome pass(bool writes);                     ///< counts one call; the mutex is held

    mutable std::mutex mutex_;
    std::string name_;
    std::map<std::string, std::shared_ptr<File>> files_;
    std::map<std::string, std::shared_ptr<File>> deleted_;  ///< not durably yet
    Fault fault_;
    std::uint64_t calls_ = 0;
    std::uint64_t bytes_max_ = 0;
    bool failed_ = false;
    std::uint64_t generation_ = 0;                 ///< power losses so far
    struct Registration;
    std::unique_ptr<Registration> registration_;
};

}  // namespace pawl::test
