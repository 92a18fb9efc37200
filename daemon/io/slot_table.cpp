// Slot tables on disk.
#include "daemon/io/slot_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"
#include "daemon/shim/crc32.h"

namespace pawl {
namespace {

std::uint32_t crc32_of(void const* bytes, std::size_t size) {
    static auto const table = [] {
        std::array<std::uint32_t, 256> words{};
        pawl_crc32_fill(words.data());
        return words;
    }();
    return pawl_crc32(table.data(), bytes, size);
}

Error io_error(std::string const& what, int error) { return {code::io, what + ": " + std::strerror(error), {}, {}}; }

off_t offset_of(std::uint32_t slot) { return static_cast<off_t>(slot) * PAWL_SLOT_SIZE; }

bool write_whole(int fd, void const* bytes, std::size_t size, off_t offset) {
    return pwrite(fd, bytes, size, offset) == static_cast<ssize_t>(size);
}

struct flock slot_lock(std::uint32_t slot, short type) {
    struct flock lock{};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = offset_of(slot);
    lock.l_len = PAWL_SLOT_SIZE;
    return lock;
}

pawl_table_header make_header(std::uint32_t epoch, Uuid const& instance, Uuid const& boot) {
    using namespace std::chrono;
    pawl_table_header header{};
    std::memcpy(header.magic, PAWL_TABLE_MAGIC, sizeof header.magic);
    header.version = PAWL_TABLE_VERSION;
    header.slot_size = PAWL_SLOT_SIZE;
    header.slots = PAWL_TABLE_SLOTS;
    std::memcpy(header.instance, instance.data(), instance.size());
    std::memcpy(header.boot, boot.data(), boot.size());
    header.created = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
    header.epoch = epoch;
    header.crc = crc32_of(&header, offsetof(pawl_table_header, crc));
    return header;
}

/// Every block initialised, so that an exit record needs no free space later; all on disk. 0 or errno.
int fill_table(int fd, pawl_table_header const& header) {
    if (int const error = posix_fallocate(fd, 0, PAWL_TABLE_BYTES); error != 0) return error;
    std::vector<char> bytes(PAWL_TABLE_BYTES);
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!write_whole(fd, bytes.data(), bytes.size(), 0)) return errno != 0 ? errno : ENOSPC;
    PAWL_CRASH_POINT("table.allocated");
    return fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

SlotReading decode_slot(SlotBytes const& bytes) {
    if (std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; })) return {};
    SlotReading reading{.content = SlotContent::damaged};
    pawl_slot record;
    std::memcpy(&record, bytes.data(), sizeof record);
    bool const sound = record.magic == PAWL_SLOT_MAGIC && record.crc == crc32_of(bytes.data(), offsetof(pawl_slot, crc)) &&
                       record.version == PAWL_SLOT_VERSION && record.state >= PAWL_CLAIMED && record.state <= PAWL_VOID;
    if (sound) reading = {.content = SlotContent::record, .record = record};
    return reading;
}

SlotBytes encode_slot(pawl_slot record) {
    record.magic = PAWL_SLOT_MAGIC;
    record.version = PAWL_SLOT_VERSION;
    record.crc = crc32_of(&record, offsetof(pawl_slot, crc));
    SlotBytes bytes;
    std::memcpy(bytes.data(), &record, sizeof record);
    return bytes;
}

std::optional<pawl_table_header> decode_table_header(SlotBytes const& bytes) {
    pawl_table_header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    bool const sound = std::memcmp(header.magic, PAWL_TABLE_MAGIC, sizeof header.magic) == 0 &&
                       header.crc == crc32_of(bytes.data(), offsetof(pawl_table_header, crc)) &&
                       header.version == PAWL_TABLE_VERSION && header.slot_size == PAWL_SLOT_SIZE && header.slots == PAWL_TABLE_SLOTS;
    if (!sound) return std::nullopt;
    return header;
}

std::string table_name(std::uint32_t epoch) { return "shim-" + std::to_string(epoch) + ".tab"; }

std::vector<std::uint32_t> list_tables(int state_folder) {
    std::vector<std::uint32_t> epochs;
    int const copy = openat(state_folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const folder = copy < 0 ? nullptr : fdopendir(copy);
    if (folder == nullptr) return epochs;
    while (dirent const* const entry = readdir(folder)) {
        std::string_view const name = entry->d_name;
        std::uint32_t epoch = 0;
        if (!name.starts_with("shim-")) continue;
        std::from_chars(name.data() + 5, name.data() + name.size(), epoch);
        if (epoch != 0 && name == table_name(epoch)) epochs.push_back(epoch);
    }
    closedir(folder);
    std::ranges::sort(epochs);
    return epochs;
}

Status check_locks_work(int state_folder) {
    constexpr long refused[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, 0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */, V9FS_MAGIC, FUSE_SUPER_MAGIC};
    struct statfs status{};
    if (fstatfs(state_folder, &status) != 0) return io_error("cannot examine the state folder", errno);
    if (std::ranges::find(refused, static_cast<long>(status.f_type)) != std::end(refused))
        return Error{code::io, "the state folder lies on a network or FUSE file system, where locks cannot be relied on", {},
                     "put it on a local disk with --state-dir"};
    UniqueFd const probe(openat(state_folder, ".lock-probe", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!probe) return io_error("cannot write to the state folder", errno);
    unlinkat(state_folder, ".lock-probe", 0);
    struct flock lock = slot_lock(0, F_WRLCK);
    if (fcntl(probe.get(), F_SETLK, &lock) != 0) return io_error("the state folder's file system has no locks", errno);
    return Done{};
}

Result<SlotTable> SlotTable::create(int state_folder, std::uint32_t epoch, Uuid const& instance, Uuid const& boot) {
    std::string const name = table_name(epoch);
    std::string const draft = name + ".new";
    unlinkat(state_folder, draft.c_str(), 0);  // of a daemon that died here
    UniqueFd fd(openat(state_folder, draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return io_error("cannot create " + name, errno);
    int error = fill_table(fd.get(), make_header(epoch, instance, boot));
    if (error == 0 && renameat2(state_folder, draft.c_str(), state_folder, name.c_str(), RENAME_NOREPLACE) != 0) error = errno;
    PAWL_CRASH_POINT("table.renamed");
    if (error == 0 && fsync(state_folder) != 0) error = errno;
    if (error == 0) return SlotTable(std::move(fd), boot);
    unlinkat(state_folder, draft.c_str(), 0);
    return io_error("cannot create " + name, error);
}

Result<SlotTable> SlotTable::open(int state_folder, std::uint32_t epoch, Uuid const& instance) {
    std::string const name = table_name(epoch);
    UniqueFd fd(openat(state_folder, name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return io_error("cannot open " + name, errno);
    struct stat status{};
    if (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size != PAWL_TABLE_BYTES)
        return Error{code::corrupt, name + " is not a whole slot table", {}, {}};
    SlotBytes bytes{};
    if (pread(fd.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return io_error("cannot read " + name, errno);
    std::optional<pawl_table_header> const header = decode_table_header(bytes);
    if (!header || header->epoch != epoch) return Error{code::corrupt, name + " has a damaged header", {}, {}};
    if (std::memcmp(header->instance, instance.data(), instance.size()) != 0)
        return Error{code::corrupt, name + " belongs to another instance of pawl", {}, {}};
    Uuid boot;
    std::memcpy(boot.data(), header->boot, boot.size());
    return SlotTable(std::move(fd), boot);
}

SlotReading SlotTable::read(std::uint32_t slot) const {
    SlotBytes bytes{};
    bool const whole = slot >= 1 && slot <= last_slot &&
                       pread(fd_.get(), bytes.data(), bytes.size(), offset_of(slot)) == static_cast<ssize_t>(bytes.size());
    return whole ? decode_slot(bytes) : SlotReading{.content = SlotContent::damaged};
}

pid_t SlotTable::holder(std::uint32_t slot) const {
    struct flock lock = slot_lock(slot, F_WRLCK);
    if (fcntl(fd_.get(), F_GETLK, &lock) != 0) return -1;
    if (lock.l_type == F_UNLCK) return 0;
    return lock.l_pid > 0 ? lock.l_pid : -1;  // 0 or less: a holder outside our pid namespace
}

bool SlotTable::anyone_holds() const {
    struct flock lock = slot_lock(0, F_WRLCK);
    lock.l_len = 0;  // to the end of the file
    return fcntl(fd_.get(), F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

bool SlotTable::write(std::uint32_t slot, pawl_slot const& record) const {
    SlotBytes const bytes = encode_slot(record);
    return write_whole(fd_.get(), bytes.data(), bytes.size(), offset_of(slot));
}

SlotTable::Revoked SlotTable::revoke(std::uint32_t slot, std::uint64_t attempt) const {
    struct flock lock = slot_lock(slot, F_WRLCK);
    if (fcntl(fd_.get(), F_SETLK, &lock) != 0) return Revoked::held;
    PAWL_CRASH_POINT("attempts.void_locked");
    Revoked revoked = Revoked::used;
    if (read(slot).content == SlotContent::empty) {
        pawl_slot record{};
        record.state = PAWL_VOID;
        record.attempt = attempt;
        SlotBytes const bytes = encode_slot(record);
        revoked = write_whole(fd_.get(), bytes.data(), bytes.size(), offset_of(slot)) ? Revoked::yes : Revoked::failed;
        PAWL_CRASH_POINT("attempts.void_written");
    }
    lock.l_type = F_UNLCK;
    fcntl(fd_.get(), F_SETLK, &lock);
    return revoked;
}

}  // namespace pawl
