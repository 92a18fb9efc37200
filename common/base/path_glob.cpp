// Matches name by name; within a name, matching goes back to the last star only.
#include "common/base/path_glob.h"

#include <algorithm>

#include "common/base/text.h"

namespace pawl {
namespace {

std::vector<std::string_view> names_of(std::string_view path) {
    if (path.starts_with("./")) path.remove_prefix(2);
    while (path.ends_with('/')) path.remove_suffix(1);
    return split(path, '/');
}

}  // namespace

bool name_matches(std::string_view glob, std::string_view name) {
    std::size_t g = 0, n = 0, star = std::string_view::npos, resume = 0;
    while (n < name.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            resume = n;
        } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
            ++g;
            ++n;
            if (glob[g - 1] == '?')  // a character, not a byte
                while (n < name.size() && (static_cast<unsigned char>(name[n]) & 0xc0) == 0x80) ++n;
        } else if (star != std::string_view::npos) {
            g = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', g) == std::string_view::npos;
}

PathGlob::PathGlob(std::string_view text) {
    for (std::string_view const name : names_of(text)) names_.emplace_back(name);
}

/// `**` may stand for nothing.
PathGlob::State PathGlob::closed(State state) const {
    for (std::size_t i = 0; i < state.size(); ++i) {
        bool const skips = state[i] < names_.size() && names_[state[i]] == "**";
        if (skips && std::ranges::find(state, state[i] + 1) == state.end()) state.push_back(state[i] + 1);
    }
    return state;
}

PathGlob::State PathGlob::enter(State const& state, std::string_view name) const {
    State next;
    auto const add = [&next](std::uint32_t place) {
        if (std::ranges::find(next, place) == next.end()) next.push_back(place);
    };
    for (std::uint32_t const place : state) {
        if (place >= names_.size()) continue;
        if (names_[place] == "**") add(place);
        else if (name_matches(names_[place], name)) add(place + 1);
    }
    return closed(std::move(next));
}

bool PathGlob::accepts(State const& state) const { return std::ranges::find(state, names_.size()) != state.end(); }

bool PathGlob::may_go_on(State const& state) const {
    return std::ranges::any_of(state, [this](std::uint32_t place) { return place < names_.size(); });
}

bool PathGlob::matches(std::string_view path) const {
    State state = begin();
    for (std::string_view const name : names_of(path)) state = enter(state, name);
    return accepts(state);
}

bool PathGlob::matches_or_holds(std::string_view path) const {
    State state = begin();
    for (std::string_view const name : names_of(path)) {
        state = enter(state, name);
        if (accepts(state)) return true;
    }
    return false;
}

}  // namespace pawl
