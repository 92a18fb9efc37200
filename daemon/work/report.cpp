// One line of JSON. Its line end tells that it is whole.
#include "daemon/work/report.h"

#include <unistd.h>

#include <cerrno>

namespace pawl {

WorkReport failed_report(std::string_view reason, std::string message) { return {.reason = reason, .message = std::move(message), .outputs = {}}; }

bool write_report(UniqueFd const& file, WorkReport const& report) {
    JsonMap map;
    if (!report.reason.empty()) {
        map.append("reason", report.reason);
        map.append("message", report.message);
    }
    map.append("outputs", Json(report.outputs));
    std::string const text = dump_json(Json(std::move(map))) + "\n";
    for (std::size_t done = 0; done < text.size();) {
        ssize_t const written = pwrite(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        done += static_cast<std::size_t>(written);
    }
    return true;
}

}  // namespace pawl
