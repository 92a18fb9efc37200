// application/problem+json (RFC 9457): how an Error travels to a client.
#pragma once

#include "common/base/error.h"
#include "common/base/json.h"

namespace pawl {

/// The HTTP status that belongs to an error code.
int http_status(ErrorCode code);
/// {"type","title","status","code","hint","diagnostics"}
Json problem(Error const& error, Diagnostics const& diagnostics = {});

}  // namespace pawl
