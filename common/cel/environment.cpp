// The declarations of a place.
#include "common/cel/environment.h"

#include <algorithm>

namespace pawl::cel {

Environment::Environment() : state_(std::make_unique<State>()) {}
Environment::~Environment() = default;
Environment::Environment(Environment const& other) : state_(std::make_unique<State>(*other.state_)) {}
Environment& Environment::operator=(Environment const& other) {
    if (this != &other) state_ = std::make_unique<State>(*other.state_);
    return *this;
}
Environment::Environment(Environment&&) noexcept = default;
Environment& Environment::operator=(Environment&&) noexcept = default;

Environment& Environment::variable(std::string name, Type type, bool tainted) {
    auto const same = std::find_if(state_->variables.begin(), state_->variables.end(), [&](Variable const& v) { return v.name == name; });
    if (same != state_->variables.end()) *same = {std::move(name), std::move(type), tainted};
    else state_->variables.push_back({std::move(name), std::move(type), tainted});
    return *this;
}

Environment& Environment::status_function(std::string name) {
    if (!state_->has_status_function(name)) state_->status_functions.push_back(std::move(name));
    return *this;
}

Environment& Environment::zones(ZoneResolver const& resolver) {
    state_->zones = &resolver;
    return *this;
}

Environment& Environment::library(Library const& functions) {
    state_->libraries.push_back(&functions);
    return *this;
}

Environment& Environment::container(std::string name) {
    state_->container = std::move(name);
    return *this;
}

Environment& Environment::strictness(Strictness strictness) {
    state_->strictness = strictness;
    return *this;
}

Environment& Environment::expect(Type result) {
    state_->expected = std::move(result);
    return *this;
}

Variable const* Environment::State::find(std::string_view name) const {
    auto const found = std::find_if(variables.begin(), variables.end(), [&](Variable const& v) { return v.name == name; });
    return found != variables.end() ? &*found : nullptr;
}

Function const* Environment::State::function(std::string_view name) const {
    for (Library const* const library : libraries) {
        if (Function const* const found = library->find(name)) return found;
    }
    return standard_library().find(name);
}

bool Environment::State::has_qualified_names() const {
    return !container.empty() || std::any_of(variables.begin(), variables.end(), [](Variable const& v) { return v.name.find('.') != std::string::npos; });
}

bool Environment::State::has_status_function(std::string_view name) const {
    return std::find(status_functions.begin(), status_functions.end(), name) != status_functions.end();
}

}  // namespace pawl::cel
