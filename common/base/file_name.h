// The name of a user's file, shared by all the places in it: a place is kept for every key and value, so a copy must not cost a copy of the name.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>

namespace pawl {

/// Immutable; copies share one text. Empty when it names nothing.
class FileName {
public:
    FileName() = default;
    // NOLINTBEGIN(google-explicit-constructor,hicpp-explicit-conversions): it stands for its text
    FileName(std::string name) : name_(name.empty() ? nullptr : std::make_shared<std::string const>(std::move(name))) {}
    FileName(char const* name) : FileName(std::string(name)) {}
    operator std::string const&() const { return text(); }
    operator std::string_view() const { return text(); }
    // NOLINTEND(google-explicit-constructor,hicpp-explicit-conversions)

    std::string const& text() const {
        static std::string const none;
        return name_ ? *name_ : none;
    }
    bool empty() const { return !name_; }

    friend bool operator==(FileName const& a, FileName const& b) { return a.name_ == b.name_ || a.text() == b.text(); }
    friend std::strong_ordering operator<=>(FileName const& a, FileName const& b) { return a.text() <=> b.text(); }

private:
    std::shared_ptr<std::string const> name_;
};

}  // namespace pawl
