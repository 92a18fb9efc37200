// Types as values: shared, immutable, printed as CEL writes them.
#include "common/cel/type.h"

#include "common/base/assert.h"

namespace pawl::cel {

struct Type::Parts {
    std::string name;
    Type key;
    Type element;
    std::vector<Field> fields;
};

Type Type::list(Type element) {
    Type type(Kind::list);
    type.parts_ = std::make_shared<Parts const>(Parts{{}, {}, std::move(element), {}});
    return type;
}

Type Type::map(Type key, Type value) {
    Type type(Kind::map);
    type.parts_ = std::make_shared<Parts const>(Parts{{}, std::move(key), std::move(value), {}});
    return type;
}

Type Type::optional(Type value) {
    Type type(Kind::optional);
    type.parts_ = std::make_shared<Parts const>(Parts{{}, {}, std::move(value), {}});
    return type;
}

Type Type::type_of(Type value) {
    Type type(Kind::type);
    type.parts_ = std::make_shared<Parts const>(Parts{{}, {}, std::move(value), {}});
    return type;
}

Type Type::parameter(std::string name) {
    Type type(Kind::parameter);
    type.parts_ = std::make_shared<Parts const>(Parts{std::move(name), {}, {}, {}});
    return type;
}

Type Type::unbound() {
    static Type const type = [] {
        Type made;
        made.parts_ = std::make_shared<Parts const>();
        return made;
    }();
    return type;
}

Type Type::object(std::string name, std::vector<Field> fields) {
    Type type(Kind::object);
    type.parts_ = std::make_shared<Parts const>(Parts{std::move(name), {}, {}, std::move(fields)});
    return type;
}

namespace {
Type const any;
std::string const no_name;
std::vector<Type::Field> const no_fields;
}  // namespace

// A bare Kind::list, ::map … stands for one of dyn.
std::string const& Type::name() const { return parts_ ? parts_->name : no_name; }
Type const& Type::element() const { return parts_ ? parts_->element : any; }
Type const& Type::key() const { return parts_ ? parts_->key : any; }
std::vector<Type::Field> const& Type::fields() const { return parts_ ? parts_->fields : no_fields; }

std::string Type::to_string() const {
    switch (kind_) {
    case Kind::dyn: return "dyn";
    case Kind::null: return "null";
    case Kind::boolean: return "bool";
    case Kind::integer: return "int";
    case Kind::unsigned_integer: return "uint";
    case Kind::real: return "double";
    case Kind::string: return "string";
    case Kind::bytes: return "bytes";
    case Kind::timestamp: return "timestamp";
    case Kind::duration: return "duration";
    case Kind::list: return "list(" + element().to_string() + ")";
    case Kind::map: return "map(" + key().to_string() + ", " + element().to_string() + ")";
    case Kind::object: return name();
    case Kind::optional: return "optional(" + element().to_string() + ")";
    case Kind::type: return "type(" + element().to_string() + ")";
    case Kind::parameter: return name();
    case Kind::secret: return "secret";
    case Kind::error: return "error";
    }
    return "error";
}

bool Type::operator==(Type const& other) const {
    if (kind_ != other.kind_) return false;
    if (parts_ == other.parts_) return true;
    switch (kind_) {
    case Kind::list:
    case Kind::optional:
    case Kind::type: return element() == other.element();
    case Kind::map: return key() == other.key() && element() == other.element();
    case Kind::parameter: return name() == other.name();
    case Kind::object: {
        if (name() != other.name() || fields().size() != other.fields().size()) return false;
        for (std::size_t i = 0; i < fields().size(); ++i) {
            Field const &mine = fields()[i], &theirs = other.fields()[i];
            if (mine.name != theirs.name || mine.may_be_absent != theirs.may_be_absent || !(mine.type == theirs.type)) return false;
        }
        return true;
    }
    default: return true;
    }
}

}  // namespace pawl::cel
