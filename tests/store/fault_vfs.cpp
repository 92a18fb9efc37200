#include "tests/store/fault_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace pawl::test {
namespace {

constexpr std::size_t sector_bytes = 512;

}  // namespace

/// One file: what reads see, what survives a power loss, and which sectors differ between the two.
struct FaultDisk::File {
    std::string now;
    std::string durable;
    bool exists_durably = false;
    std::set<std::size_t> unsynced;
    std::vector<std::unique_ptr<char[]>> shared;  ///< regions of the WAL index; not on the disk
    int readers[SQLITE_SHM_NLOCK] = {};
    bool writer[SQLITE_SHM_NLOCK] = {};
};

/// SQLite allocates szOsFile bytes and never constructs: the state lies behind a pointer.
struct FaultDisk::Handle {
    sqlite3_file base;
    struct State {
        FaultDisk* disk;
        std::shared_ptr<File> file;
        std::string name;
        bool is_database;
        bool delete_on_close;
        std::uint64_t generation;
        std::uint32_t shared_locks = 0, exclusive_locks = 0;  // a bit a lock
    };
    State* state;
};

struct FaultDisk::Registration {
    sqlite3_vfs vfs{};
};

struct FaultDisk::Calls {
    static Handle::State& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file)->state; }
    static FaultDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<FaultDisk*>(vfs->pAppData); }
    static bool is_dead(Handle::State const& state) { return state.generation != state.disk->generation_; }
    static int code(FaultDisk const& disk, int io_code) { return disk.fault_.failure == Failure::full ? SQLITE_FULL : io_code; }

    // Files

    static int close(sqlite3_file* file) {
        Handle::State* state = &of(file);
        unlock_all(file);
        if (state->delete_on_close) {
            std::lock_guard const lock(state->disk->mutex_);
            state->disk->files_.erase(state->name);
        }
        delete state;
        return SQLITE_OK;
    }

    static int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
        Handle::State& state = of(file);
        std::lock_guard const lock(state.disk->mutex_);
        if (is_dead(state) || state.disk->pass(false) != Outcome::fine) return SQLITE_IOERR_READ;
        std::string const& bytes = state.file->now;
        auto const begin = static_cast<std::size_t>(offset), wanted = static_cast<std::size_t>(amount);
        std::size_t const have = begin >= bytes.size() ? 0 : std::min(wanted, bytes.size() - begin);
        std::memcpy(to, bytes.data() + std::min(begin, bytes.size()), have);
        if (have == wanted) return SQLITE_OK;
        std::memset(static_cast<char*>(to) + have, 0, wanted - have);
        return SQLITE_IOERR_SHORT_READ;
    }

    static int write(sqlite3_file* file, void const* from, int amount, sqlite3_int64 offset) {
        Handle::State& state = of(file);
        FaultDisk& disk = *state.disk;
        std::lock_guard const lock(disk.mutex_);
        if (is_dead(state)) return SQLITE_IOERR_WRITE;
        Outcome const outcome = disk.pass(true);
        std::size_t length = static_cast<std::size_t>(amount);
        if (outcome == Outcome::fails) return code(disk, SQLITE_IOERR_WRITE);
        if (outcome == Outcome::fails_torn) length /= 2;
        auto const begin = static_cast<std::size_t>(offset), end = begin + length;
        if (disk.bytes_max_ != 0 && end > state.file->now.size()) {
            std::uint64_t used = end - state.file->now.size();
            for (auto const& [name, other] : disk.files_) used += other->now.size();
            if (used > disk.bytes_max_) {
                disk.failed_ = true;
                return SQLITE_FULL;
            }
        }
        if (end > state.file->now.size()) state.file->now.resize(end);
        std::memcpy(state.file->now.data() + begin, from, length);
        for (std::size_t sector = begin / sector_bytes; sector * sector_bytes < end; ++sector) state.file->unsynced.insert(sector);
        return outcome == Outcome::fine ? SQLITE_OK : code(disk, SQLITE_IOERR_WRITE);
    }

    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        Handle::State& state = of(file);
        std::lock_guard const lock(state.disk->mutex_);
        if (is_dead(state) || state.disk->pass(true) != Outcome::fine) return SQLITE_IOERR_TRUNCATE;
        std::size_t const before = state.file->now.size();
        state.file->now.resize(static_cast<std::size_t>(size));
        for (std::size_t sector = static_cast<std::size_t>(size) / sector_bytes; sector * sector_bytes < before; ++sector)
            state.file->unsynced.insert(sector);
        return SQLITE_OK;
    }

    static int sync(sqlite3_file* file, int /*flags*/) {
        Handle::State& state = of(file);
        std::lock_guard const lock(state.disk->mutex_);
        if (is_dead(state) || state.disk->pass(true) != Outcome::fine) return SQLITE_IOERR_FSYNC;
        // As unix: the first sync of a journal or WAL syncs the folder too, and with it the deletions before.
        if (!state.file->exists_durably && !state.is_database) state.disk->deleted_.clear();
        state.file->durable = state.file->now;
        state.file->exists_durably = true;
        state.file->unsynced.clear();
        return SQLITE_OK;
    }

    static int file_size(sqlite3_file* file, sqlite3_int64* size) {
        Handle::State& state = of(file);
        std::lock_guard const lock(state.disk->mutex_);
        if (is_dead(state)) return SQLITE_IOERR_FSTAT;
        *size = static_cast<sqlite3_int64>(state.file->now.size());
        return SQLITE_OK;
    }

    // The file itself is locked by nobody else: one connection writes, and the tests open no other.
    static int lock(sqlite3_file*, int) { return SQLITE_OK; }
    static int unlock(sqlite3_file*, int) { return SQLITE_OK; }
    static int check_reserved_lock(sqlite3_file*, int* held) {
        *held = 0;
        return SQLITE_OK;
    }
    static int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
    static int sector_size(sqlite3_file*) { return static_cast<int>(sector_bytes); }
    // As unix: a write leaves the bytes beside it alone, whatever happens.
    static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

    static int shm_map(sqlite3_file* file, int region, int bytes, int extend, void volatile** to) {
        Handle::State& state = of(file);
        std::lock_guard const lock(state.disk->mutex_);
        auto& shared = state.file->shared;
        auto const wanted = static_cast<std::size_t>(region) + 1;
        *to = nullptr;
        if (shared.size() < wanted && extend == 0) return SQLITE_OK;
        while (shared.size() < wanted) shared.push_back(std::make_unique<char[]>(static_cast<std::size_t>(bytes)));
        *to = shared[wanted - 1].get();
        return SQLITE_OK;
    }

    static int shm_lock(sqlite3_file* file, int first, int count, int flags) {
        Handle::State& state = of(file);
        std::lock_guard const lock(state.disk->mutex_);
        File& shared = *state.file;
        bool const exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0, release = (flags & SQLITE_SHM_UNLOCK) != 0;
        for (int i = first; i < first + count; ++i) {
            std::uint32_t const bit = 1u << i;
            if (release) {
                if ((state.shared_locks & bit) != 0) --shared.readers[i];
                if ((state.exclusive_locks & bit) != 0) shared.writer[i] = false;
                state.shared_locks &= ~bit;
                state.exclusive_locks &= ~bit;
            } else if (shared.writer[i] || (exclusive && shared.readers[i] - ((state.shared_locks & bit) != 0 ? 1 : 0) > 0)) {
                return SQLITE_BUSY;
            } else if (exclusive) {
                shared.writer[i] = true;
                state.exclusive_locks |= bit;
            } else if ((state.shared_locks & bit) == 0) {
                ++shared.readers[i];
                state.shared_locks |= bit;
            }
        }
        return SQLITE_OK;
    }

    static void unlock_all(sqlite3_file* file) {
        shm_lock(file, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    }

    static void shm_barrier(sqlite3_file* file) { std::lock_guard const lock(of(file).disk->mutex_); }

    static int shm_unmap(sqlite3_file* file, int remove) {
        unlock_all(file);
        Handle::State& state = of(file);
        std::lock_guard const lock(state.disk->mutex_);
        if (remove != 0) state.file->shared.clear();
        return SQLITE_OK;
    }

    // The disk

    static int open(sqlite3_vfs* vfs, char const* path, sqlite3_file* file, int flags, int* out_flags) {
        static sqlite3_io_methods const methods{
            2,      close,     read,   write,       truncate, sync, file_size, lock, unlock, check_reserved_lock, file_control, sector_size,
            characteristics, shm_map, shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};
        FaultDisk& disk = disk_of(vfs);
        std::lock_guard const guard(disk.mutex_);
        file->pMethods = nullptr;
        if (disk.pass(false) != Outcome::fine) return SQLITE_CANTOPEN;
        std::string const name = path == nullptr ? "temporary " + std::to_string(disk.calls_) : path;
        auto found = disk.files_.find(name);
        if (found == disk.files_.end()) {
            if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
            auto fresh = std::make_shared<File>();
            // The name was deleted, and that is not durable: a power loss may still bring the old bytes back.
            if (auto const old = disk.deleted_.find(name); old != disk.deleted_.end()) {
                fresh->durable = old->second->durable;
                fresh->exists_durably = old->second->exists_durably;
                for (std::size_t i = 0; i * sector_bytes < fresh->durable.size(); ++i) fresh->unsynced.insert(i);
                disk.deleted_.erase(old);
            }
            found = disk.files_.emplace(name, std::move(fresh)).first;
        }
        reinterpret_cast<Handle*>(file)->state = new Handle::State{.disk = &disk, .file = found->second, .name = name,
                                                                   .is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0,
                                                                   .delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
                                                                   .generation = disk.generation_};
        file->pMethods = &methods;
        if (out_flags != nullptr) *out_flags = flags;
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs* vfs, char const* path, int sync_folder) {
        FaultDisk& disk = disk_of(vfs);
        std::lock_guard const lock(disk.mutex_);
        if (disk.pass(true) != Outcome::fine) return SQLITE_IOERR_DELETE;
        auto const found = disk.files_.find(path);
        if (found == disk.files_.end()) return SQLITE_IOERR_DELETE_NOENT;
        if (sync_folder != 0) disk.deleted_.clear();
        else if (found->second->exists_durably) disk.deleted_[path] = found->second;
        disk.files_.erase(found);
        return SQLITE_OK;
    }

    static int access(sqlite3_vfs* vfs, char const* path, int, int* result) {
        FaultDisk& disk = disk_of(vfs);
        std::lock_guard const lock(disk.mutex_);
        *result = disk.files_.contains(path) ? 1 : 0;
        return SQLITE_OK;
    }

    static int full_path(sqlite3_vfs*, char const* path, int room, char* out) {
        sqlite3_snprintf(room, out, "%s", path);
        return SQLITE_OK;
    }

    static sqlite3_vfs& real() { return *sqlite3_vfs_find(nullptr); }
    static int randomness(sqlite3_vfs*, int bytes, char* out) { return real().xRandomness(&real(), bytes, out); }
    static int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
    static int current_time(sqlite3_vfs*, double* out) { return real().xCurrentTime(&real(), out); }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

FaultDisk::FaultDisk() : registration_(std::make_unique<Registration>()) {
    static std::uint64_t disks = 0;
    name_ = "fault-disk-" + std::to_string(++disks);
    sqlite3_vfs& vfs = registration_->vfs;
    vfs.iVersion = 1;
    vfs.szOsFile = sizeof(Handle);
    vfs.mxPathname = 512;
    vfs.zName = name_.c_str();
    vfs.pAppData = this;
    vfs.xOpen = Calls::open;
    vfs.xDelete = Calls::remove;
    vfs.xAccess = Calls::access;
    vfs.xFullPathname = Calls::full_path;
    vfs.xRandomness = Calls::randomness;
    vfs.xSleep = Calls::sleep;
    vfs.xCurrentTime = Calls::current_time;
    vfs.xGetLastError = Calls::last_error;
    sqlite3_vfs_register(&vfs, 0);
}

FaultDisk::~FaultDisk() { sqlite3_vfs_unregister(&registration_->vfs); }

void FaultDisk::plan(Fault fault) {
    std::lock_guard const lock(mutex_);
    fault_ = fault;
    calls_ = 0;
    failed_ = false;
}

void FaultDisk::limit(std::uint64_t bytes) {
    std::lock_guard const lock(mutex_);
    bytes_max_ = bytes;
}

std::uint64_t FaultDisk::calls() const {
    std::lock_guard const lock(mutex_);
    return calls_;
}

bool FaultDisk::failed() const {
    std::lock_guard const lock(mutex_);
    return failed_;
}

FaultDisk::Outcome FaultDisk::pass(bool writes) {
    ++calls_;
    bool const strikes = fault_.at != 0 && (calls_ == fault_.at || (fault_.sticky && calls_ > fault_.at));
    if (!strikes) return Outcome::fine;
    // A full disk can still be read.
    if (fault_.failure == Failure::full && !writes) return Outcome::fine;
    failed_ = true;
    return fault_.torn ? Outcome::fails_torn : Outcome::fails;
}

void FaultDisk::lose_power(std::uint64_t seed) {
    std::lock_guard const lock(mutex_);
    ++generation_;
    std::mt19937_64 random(seed);
    // Disks differ: one loses nearly everything, another nearly nothing.
    std::uint64_t const kept_percent = random() % 101;
    auto const happened = [&] { return random() % 100 < kept_percent; };
    for (auto& [name, file] : deleted_)
        if (!files_.contains(name) && !happened()) files_[name] = file;
    deleted_.clear();
    for (auto entry = files_.begin(); entry != files_.end();) {
        File& file = *entry->second;
        if (!file.exists_durably && !happened()) {
            entry = files_.erase(entry);
            continue;
        }
        auto survivor = std::make_shared<File>();
        survivor->now = file.durable;
        for (std::size_t const sector : file.unsynced) {
            std::size_t const begin = sector * sector_bytes;
            std::size_t const end = std::min(begin + sector_bytes, file.now.size());
            if (begin >= end || !happened()) continue;
            bool const torn = random() % 16 == 0;
            std::size_t const upto = torn ? begin + (end - begin) / 2 : end;
            if (survivor->now.size() < end) survivor->now.resize(end);  // the size may be new while bytes are old
            std::copy(file.now.begin() + static_cast<std::ptrdiff_t>(begin), file.now.begin() + static_cast<std::ptrdiff_t>(upto),
                      survivor->now.begin() + static_cast<std::ptrdiff_t>(begin));
        }
        if (survivor->now.size() > file.now.size() && happened()) survivor->now.resize(file.now.size());
        survivor->durable = survivor->now;
        survivor->exists_durably = true;
        entry->second = std::move(survivor);
        ++entry;
    }
}

}  // namespace pawl::test
