// pawl api: any request to the daemon, for what no command does yet.
#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct ApiOptions {
    std::string method, path, data, accept;
};

int api(Context& context, ApiOptions const& options) {
    auto method = options.method;
    std::transform(method.begin(), method.end(), method.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    if (!options.path.starts_with("/")) return context.misuse("'" + options.path + "' is no path", "for example /v1/runs");
    auto const body = options.data.empty() ? Result<std::string>("") : read_data(context, options.data);
    if (!body) return context.fail(body.error());
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const answer = (*daemon)->request_text(method, options.path, *body, options.accept);
    if (!answer) {
        if ((*daemon)->last_problem().is_map()) context.out() << dump_json_pretty((*daemon)->last_problem()) << '\n' << std::flush;
        return context.fail(answer.error());
    }
    auto const json = parse_json(*answer, {.bytes_max = 64u << 20, .depth_max = 128});
    bool const pretty = json && (context.world().out_is_tty || context.format() == OutputFormat::json);
    context.out() << (pretty ? dump_json_pretty(*json) : *answer);
    if (pretty || (!answer->empty() && answer->back() != '\n' && json)) context.out() << '\n';
    return exit_done;
}

}  // namespace

Command api_command() {
    auto const options = std::make_shared<ApiOptions>();
    return {
        .path = "api",
        .summary = "Send any request to the daemon",
        .text = "Changing requests carry an Idempotency-Key of their own. curl --unix-socket does the same.",
        .arguments = {{.name = "METHOD", .doc = "GET, POST or DELETE", .into = &options->method, .completes = Completes::choices, .choices = {"GET", "POST", "DELETE", "PUT", "PATCH", "get", "post", "delete"}},
                      {.name = "PATH", .doc = "as in the API's description", .into = &options->path}},
        .options = {{.names = "--data", .value = "JSON", .doc = "the body: JSON, @FILE or -", .into = &options->data},
                    {.names = "--accept", .value = "TYPE", .doc = "media type wanted, for example application/x-ndjson", .into = &options->accept}},
        .examples = {{"pawl api GET /v1/runs", ""}, {"pawl api POST /v1/daemon/drain --data '{\"on\": true}'", ""}},
        .run = [options](Context& context) { return api(context, *options); },
    };
}

}  // namespace pawl::cli
