// pawl schema: the JSON Schema of a kind of document, for editors.
#include <ostream>

#include "cli/commands.h"
#include "common/flow/schema.h"

namespace pawl::cli {
namespace {

struct SchemaOptions {
    std::string kind;
};

}  // namespace

Command schema_command() {
    auto const options = std::make_shared<SchemaOptions>();
    return {
        .path = "schema",
        .summary = "Print the JSON Schema of a kind of document",
        .text = "That of a workflow takes documents of all kinds, by their kind. Made from the same table of keys as the loader. For editors: a file takes it by the line\n"
                "  # yaml-language-server: $schema=workflow.schema.json",
        .arguments = {{.name = "KIND", .doc = "the kind", .into = &options->kind, .completes = Completes::choices, .choices = {"workflow", "condition", "test", "project"}}},
        .examples = {{"pawl schema workflow > workflow.schema.json", ""}},
        .run = [options](Context& context) -> int {
            auto const schema = options->kind == "project" ? flow::project_schema() : options->kind == "workflow" ? flow::workflow_schema() : flow::schema_of(options->kind);
            context.out() << dump_json_pretty(schema) << "\n";
            return exit_done;
        },
    };
}

}  // namespace pawl::cli
