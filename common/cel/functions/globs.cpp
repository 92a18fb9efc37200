// glob(text, pattern), by way of a regular expression.
#include "common/cel/functions/globs.h"

#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

class Translation {
public:
    explicit Translation(std::string_view glob) : glob_(glob) {}

    /// Empty with `problem` set when the pattern is wrong.
    std::string run() {
        std::string out = "^(?s:";
        while (at_ < glob_.size() && problem.empty()) out += next();
        return problem.empty() ? out + ")$" : "";
    }
    std::string problem;

private:
    static std::string escaped(char c) {
        bool const special = std::string_view("\\.+*?()|[]{}^$-&#~").find(c) != std::string_view::npos;
        return special ? std::string("\\") + c : std::string(1, c);
    }

    std::string next() {
        char const c = glob_[at_++];
        switch (c) {
        case '*':
            if (at_ == glob_.size() || glob_[at_] != '*') return "[^/]*";
            ++at_;
            return ".*";
        case '?': return "[^/]";
        case '[': return one_of();
        case '\\':
            if (at_ < glob_.size()) return escaped(glob_[at_++]);
            problem = "it ends with '\\'";
            return "";
        default: return escaped(c);
        }
    }

    std::string one_of() {
        std::string out = "[";
        if (at_ < glob_.size() && (glob_[at_] == '!' || glob_[at_] == '^')) {
            out += "^/";
            ++at_;
        }
        for (bool first = true; at_ < glob_.size(); first = false) {
            char const c = glob_[at_++];
            if (c == ']' && !first) return out + "]";
            if (c == '\\' && at_ < glob_.size()) out += escaped(glob_[at_++]);
            else out += c == '-' && !first && at_ < glob_.size() && glob_[at_] != ']' ? "-" : escaped(c);
        }
        problem = "'[' is not closed";
        return "";
    }

    std::string_view glob_;
    std::size_t at_ = 0;
};

Value glob(Evaluation& in, std::span<Value const> a) {
    if (!in.charge(1 + a[1].size() / 8)) return in.exhausted();
    std::string problem;
    std::string const expression = glob_expression(a[1].as_text(), problem);
    Regex const* const regex = problem.empty() ? in.pattern(expression, problem) : nullptr;
    if (regex == nullptr) return problem.empty() ? in.exhausted() : in.error("wrong pattern: " + problem, "* is any text without '/', ** any text, ? one character, [a-z] one of a range");
    if (!in.charge(a[0].size() * regex->size() / 64)) return in.exhausted();
    return Value::boolean(regex->search(a[0].as_text()));
}

}  // namespace

std::string glob_expression(std::string_view glob, std::string& problem) {
    Translation translation(glob);
    std::string expression = translation.run();
    problem = std::move(translation.problem);
    return expression;
}

void add_globs(Library& library) {
    library.function("glob", {Type::Kind::string, Type::Kind::string}, Type::Kind::boolean, glob);
    library.member("glob", {Type::Kind::string, Type::Kind::string}, Type::Kind::boolean, glob);
}

}  // namespace pawl::cel
