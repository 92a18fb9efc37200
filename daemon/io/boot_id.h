// Which boot of the machine this is: tells whether an empty slot still proves that nothing was started.
#pragma once

#include <array>
#include <cstdint>

namespace pawl {

using Uuid = std::array<std::uint8_t, 16>;

/// The kernel's random id of this boot (/proc/sys/kernel/random/boot_id). All zeros when it cannot be read, which equals no boot.
Uuid read_boot_id();

}  // namespace pawl
