// What the daemon says of itself, on stderr (the journal's, under systemd). One line an event, for operators.
#pragma once

#include <string_view>

namespace pawl::log {

/// "debug", "info", "warning" or "error"; anything else is info.
void set_level(std::string_view level);
void debug(std::string_view message);
void info(std::string_view message);
void warning(std::string_view message);
void error(std::string_view message);

}  // namespace pawl::log
