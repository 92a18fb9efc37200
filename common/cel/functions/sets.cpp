// Lists taken as sets: sets.contains, sets.equivalent, sets.intersects. Elements are compared as `==` does.
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using Arguments = std::span<Value const>;

enum class Answer : std::uint8_t { no, yes, exhausted };

Answer is_in(Evaluation& in, Value const& element, Value const& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!in.charge(1)) return Answer::exhausted;
        auto const same = in.equal(element, list.item(i));
        if (!same) return Answer::exhausted;
        if (*same) return Answer::yes;
    }
    return Answer::no;
}

/// Is every element of `part` in `whole`?
Answer holds_all(Evaluation& in, Value const& whole, Value const& part) {
    for (std::size_t i = 0; i < part.size(); ++i) {
        Answer const found = is_in(in, part.item(i), whole);
        if (found != Answer::yes) return found;
    }
    return Answer::yes;
}

Value result(Evaluation& in, Answer answer) { return answer == Answer::exhausted ? in.exhausted() : Value::boolean(answer == Answer::yes); }

Value contains(Evaluation& in, Arguments a) { return result(in, holds_all(in, a[0], a[1])); }

Value equivalent(Evaluation& in, Arguments a) {
    Answer const one_way = holds_all(in, a[0], a[1]);
    return result(in, one_way == Answer::yes ? holds_all(in, a[1], a[0]) : one_way);
}

Value intersects(Evaluation& in, Arguments a) {
    for (std::size_t i = 0; i < a[1].size(); ++i) {
        Answer const found = is_in(in, a[1].item(i), a[0]);
        if (found != Answer::no) return result(in, found);
    }
    return Value::boolean(false);
}

}  // namespace

void add_sets(Library& library) {
    Type const list = Type::list(Type::parameter("T"));
    library.function("sets.contains", {list, list}, Type::Kind::boolean, contains);
    library.function("sets.equivalent", {list, list}, Type::Kind::boolean, equivalent);
    library.function("sets.intersects", {list, list}, Type::Kind::boolean, intersects);
}

}  // namespace pawl::cel
