// Held(ok, message): true, or an error with that message. What pawl puts into an expression itself, so that a value that breaks its
// declaration is told and not taken for an answer. No name of a file has a capital, so none can be the same.
#pragma once

namespace pawl::cel {

class Library;

Library const& held_library();

}  // namespace pawl::cel
