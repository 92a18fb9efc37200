// Any 64 bytes as a slot or a table header: read without a fault, and what is believed encodes to the same bytes again.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "daemon/io/slot_table.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    pawl::SlotBytes bytes{};
    std::memcpy(bytes.data(), data, size < bytes.size() ? size : bytes.size());
    (void)pawl::decode_table_header(bytes);
    pawl::SlotReading const reading = pawl::decode_slot(bytes);
    if (reading.content == pawl::SlotContent::record && pawl::encode_slot(reading.record) != bytes) std::abort();
    // The CRC keeps random bytes out: mend it, so that the fields are reached too.
    pawl_slot record;
    std::memcpy(&record, bytes.data(), sizeof record);
    pawl::SlotReading const mended = pawl::decode_slot(pawl::encode_slot(record));
    bool const known = record.state >= PAWL_CLAIMED && record.state <= PAWL_VOID;
    if ((mended.content == pawl::SlotContent::record) != known) std::abort();
    return 0;
}
