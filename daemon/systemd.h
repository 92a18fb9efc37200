// systemd's two small protocols: readiness (sd_notify(3)) and sockets handed over (sd_listen_fds(3)). Without systemd both do nothing.
#pragma once

#include <string_view>

namespace pawl::systemd {

/// Sends e.g. "READY=1" to $NOTIFY_SOCKET.
void notify(std::string_view state);
/// The first socket handed over, or -1.
int listening_socket();

}  // namespace pawl::systemd
