/* CRC-32 as in zip and Ethernet (reflected 0xEDB88320). The caller owns the table: 256 words, filled once. */
#ifndef PAWL_CRC32_H
#define PAWL_CRC32_H

#include <stddef.h>
#include <stdint.h>

static inline void pawl_crc32_fill(uint32_t table[256]) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t word = byte;
        for (int bit = 0; bit < 8; ++bit) word = (word & 1u) ? (word >> 1) ^ 0xEDB88320u : word >> 1;
        table[byte] = word;
    }
}

static inline uint32_t pawl_crc32(uint32_t const* table, void const* bytes, size_t size) {
    unsigned char const* next = (unsigned char const*)bytes;
    uint32_t crc = 0xFFFFFFFFu;
    for (; size != 0; --size, ++next) crc = table[(crc ^ *next) & 0xFFu] ^ (crc >> 8);
    return ~crc;
}

#endif
