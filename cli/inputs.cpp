// Typed inputs from text. All mistakes of a line are told by the daemon; only what cannot be sent is refused here.
#include "cli/inputs.h"

#include "cli/load.h"
#include "cli/output.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/wire/url.h"

namespace pawl::cli {

Result<Json> parse_inputs(Context& context, std::vector<std::string> const& given, std::vector<flow::Declaration> const& declarations) {
    Json inputs{JsonMap{}};
    for (auto const& pair : given) {
        auto const equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) return make_error(code::usage, "'" + pair + "' is no input", "write -i name=value");
        auto const name = pair.substr(0, equals);
        auto const typed = pair.substr(equals + 1);
        auto text = typed.starts_with("@") || typed == "-" ? read_data(context, typed) : Result<std::string>(typed);
        if (!text) return text.error();
        Json value(*text);
        for (auto const& declaration : declarations) {
            if (declaration.name != name) continue;
            // What does not fit is sent all the same: the daemon tells all mistakes at once.
            // As what it is meant to be, where it can be read as that: then they speak of its bounds and not of its type.
            bool const is_text = declaration.type == flow::ValueType::string || declaration.type == flow::ValueType::path ||
                                 declaration.type == flow::ValueType::duration || declaration.type == flow::ValueType::timestamp;
            auto as_json = is_text ? Result<Json>(value) : parse_json(*text);
            if (auto converted = flow::conform_text(declaration, *text)) value = std::move(*converted);
            else if (as_json && !is_text) value = std::move(*as_json);
        }
        inputs.set(name, std::move(value));
    }
    return inputs;
}

Result<std::vector<flow::Declaration>> declared_inputs(Daemon& daemon, std::string const& workflow, std::int64_t version) {
    auto path = "/v1/workflows/" + wire::percent_encode(workflow);
    if (version > 0) add_query(path, "version", std::to_string(version));
    auto const answer = daemon.get(path);
    if (!answer) return answer.error();
    auto const file = load_version(*answer);
    for (auto const& loaded : file.workflows) {
        if (loaded.name == workflow && loaded.plan) return loaded.plan->inputs;
    }
    return std::vector<flow::Declaration>{};
}

}  // namespace pawl::cli
