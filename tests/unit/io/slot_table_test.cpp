// Slot records and tables: what is read is only believed when it is whole.
#include "daemon/io/slot_table.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tests/catch.h"

using namespace pawl;

namespace {

struct Folder {
    Folder() {
        path = (std::filesystem::temp_directory_path() / "pawl-table-XXXXXX").string();
        REQUIRE(mkdtemp(path.data()) != nullptr);
        fd.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
    UniqueFd fd;
};

Uuid const instance{7};
Uuid const boot{9};

pawl_slot exited(std::uint64_t attempt) {
    pawl_slot record{};
    record.state = PAWL_EXITED;
    record.attempt = attempt;
    record.result = 3 << 8;
    return record;
}

}  // namespace

TEST_CASE("a slot record survives encoding", "[slot]") {
    SlotReading const reading = decode_slot(encode_slot(exited(42)));
    CHECK(reading.content == SlotContent::record);
    CHECK(reading.record.attempt == 42);
    CHECK(reading.record.state == PAWL_EXITED);
}

TEST_CASE("64 zero bytes are an empty slot, and no flipped bit of a record passes", "[slot]") {
    CHECK(decode_slot(SlotBytes{}).content == SlotContent::empty);
    SlotBytes const good = encode_slot(exited(42));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        SlotBytes bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
        CHECK(decode_slot(bad).content == SlotContent::damaged);
    }
}

TEST_CASE("an unknown state or version is damage, even with a right CRC", "[slot]") {
    pawl_slot record = exited(1);
    record.state = 6;
    CHECK(decode_slot(encode_slot(record)).content == SlotContent::damaged);
    record.state = 0;
    CHECK(decode_slot(encode_slot(record)).content == SlotContent::damaged);
}

TEST_CASE("a table is whole before it has its name, and is never made twice", "[slot]") {
    Folder const folder;
    {
        Result<SlotTable> const made = SlotTable::create(folder.fd.get(), 5, instance, boot);
        REQUIRE(made);
        CHECK(made->read(1).content == SlotContent::empty);
        CHECK(made->read(last_slot).content == SlotContent::empty);
        CHECK(made->read(0).content == SlotContent::damaged);
        CHECK(made->read(last_slot + 1).content == SlotContent::damaged);
    }
    CHECK(std::filesystem::file_size(folder.path + "/shim-5.tab") == PAWL_TABLE_BYTES);
    CHECK_FALSE(SlotTable::create(folder.fd.get(), 5, instance, boot));
    CHECK(list_tables(folder.fd.get()) == std::vector<std::uint32_t>{5});
    Result<SlotTable> const opened = SlotTable::open(folder.fd.get(), 5, instance);
    REQUIRE(opened);
    CHECK(opened->boot() == boot);
    CHECK_FALSE(SlotTable::open(folder.fd.get(), 5, Uuid{8}));
    CHECK_FALSE(SlotTable::open(folder.fd.get(), 6, instance));
}

TEST_CASE("what is no table is refused: a link, a short file, a wrong header", "[slot]") {
    Folder const folder;
    std::filesystem::create_symlink("/dev/zero", folder.path + "/shim-1.tab");
    CHECK_FALSE(SlotTable::open(folder.fd.get(), 1, instance));
    CHECK(mkfifo((folder.path + "/shim-2.tab").c_str(), 0600) == 0);
    CHECK_FALSE(SlotTable::open(folder.fd.get(), 2, instance));
    REQUIRE(SlotTable::create(folder.fd.get(), 3, instance, boot));
    std::filesystem::rename(folder.path + "/shim-3.tab", folder.path + "/shim-4.tab");  // its header says 3
    CHECK_FALSE(SlotTable::open(folder.fd.get(), 4, instance));
    std::filesystem::resize_file(folder.path + "/shim-4.tab", 64);
    CHECK_FALSE(SlotTable::open(folder.fd.get(), 4, instance));
}

TEST_CASE("revoking writes VOID into an empty slot only, and not while somebody holds it", "[slot]") {
    Folder const folder;
    Result<SlotTable> const table = SlotTable::create(folder.fd.get(), 1, instance, boot);
    REQUIRE(table);
    CHECK(table->revoke(2, 20) == SlotTable::Revoked::yes);
    CHECK(table->read(2).record.state == PAWL_VOID);
    CHECK(table->read(2).record.attempt == 20);
    CHECK(table->revoke(2, 20) == SlotTable::Revoked::used);

    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_t const holder = fork();
    if (holder == 0) {
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_start = 3 * PAWL_SLOT_SIZE;
        lock.l_len = PAWL_SLOT_SIZE;
        char const locked = fcntl(table->fd(), F_SETLK, &lock) == 0 ? 'y' : 'n';
        if (write(ends[1], &locked, 1) == 1) pause();
        _exit(0);
    }
    char locked = 'n';
    CHECK(read(ends[0], &locked, 1) == 1);
    CHECK(locked == 'y');
    CHECK(table->holder(3) == holder);
    CHECK(table->holder(4) == 0);
    CHECK(table->anyone_holds());
    CHECK(table->revoke(3, 30) == SlotTable::Revoked::held);
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    CHECK(table->holder(3) == 0);
    CHECK_FALSE(table->anyone_holds());
    close(ends[0]);
    close(ends[1]);
}

TEST_CASE("a local folder may hold tables", "[slot]") {
    Folder const folder;
    CHECK(check_locks_work(folder.fd.get()));
    CHECK(read_boot_id() == read_boot_id());
    CHECK(read_boot_id() != Uuid{});
}
