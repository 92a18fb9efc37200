// The only file that knows spdlog.
#include "daemon/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace pawl::log {
namespace {

spdlog::logger& logger() {
    static std::shared_ptr<spdlog::logger> const instance = [] {
        auto made = spdlog::stderr_color_mt("pawld");
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::info);
        return made;
    }();
    return *instance;
}

}  // namespace

void set_level(std::string_view level) {
    if (level == "debug") logger().set_level(spdlog::level::debug);
    else if (level == "warning") logger().set_level(spdlog::level::warn);
    else if (level == "error") logger().set_level(spdlog::level::err);
    else logger().set_level(spdlog::level::info);
}

void debug(std::string_view message) { logger().debug("{}", message); }
void info(std::string_view message) { logger().info("{}", message); }
void warning(std::string_view message) { logger().warn("{}", message); }
void error(std::string_view message) { logger().error("{}", message); }

}  // namespace pawl::log
