// The types of expressions: what the checker knows before anything runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::cel {

/// Immutable and cheap to copy. `object` is a map whose fields are declared: unknown fields are check errors.
class Type {
public:
    enum class Kind : std::uint8_t {
        dyn, null, boolean, integer, unsigned_integer, real, string, bytes, timestamp, duration,
        list, map, object, optional, type, parameter, secret, error
    };
    struct Field;

    Type(Kind kind = Kind::dyn) : kind_(kind) {}
    static Type list(Type element);
    static Type map(Type key, Type value);
    static Type optional(Type value);
    static Type type_of(Type value);
    static Type parameter(std::string name);
    /// What nobody has said yet: the element of `[]`. Reads as dyn, and gives way to whatever it is joined with.
    static Type unbound();
    /// `name` is for messages ("steps.dump.outputs"). A field that may be absent is read with has() or `.?`.
    static Type object(std::string name, std::vector<Field> fields);

    Kind kind() const { return kind_; }
    bool is_dyn() const { return kind_ == Kind::dyn; }
    bool is_unbound() const { return kind_ == Kind::dyn && parts_ != nullptr; }
    std::string const& name() const;              ///< of an object or parameter
    Type const& element() const;                  ///< of list, optional, type; the value of a map
    Type const& key() const;                      ///< of a map
    std::vector<Field> const& fields() const;     ///< of an object
    std::string to_string() const;                ///< as CEL writes it: "list(map(string, dyn))"
    bool operator==(Type const& other) const;

private:
    struct Parts;
    Kind kind_;
    std::shared_ptr<Parts const> parts_;
};

struct Type::Field {
    std::string name;
    Type type;
    bool may_be_absent = false;
};

}  // namespace pawl::cel
