// Any text → load_file. Whatever comes in, diagnostics come out; a plan exists only where nothing is wrong, and a fix can be applied.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/json.h"
#include "common/flow/load.h"
#include "common/yaml/render.h"

using namespace pawl;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text(reinterpret_cast<char const*>(data), size);
    flow::LoadedFile const file = flow::load_file("fuzz.yaml", text);
    ASSERT(file.text == text);
    bool const wrong = has_errors(file.diagnostics);
    for (flow::LoadedWorkflow const& workflow : file.workflows) {
        ASSERT(wrong || workflow.plan);
        ASSERT(!workflow.plan == workflow.hash.empty() || wrong);
        if (workflow.plan && !wrong) {
            ASSERT(flow::load_plan("fuzz.yaml", text, workflow.document) != nullptr);
            auto const model = parse_json(workflow.model);
            ASSERT(model && flow::diff_models(*model, *model).empty());
        }
    }
    std::string const shown = yaml::render_all(file.diagnostics, [&](std::string_view) { return &file.text; });
    ASSERT(shown.empty() == file.diagnostics.empty());
    for (Error const& error : file.diagnostics) {
        for (Fix const& fix : error.fixes) ASSERT(fix.offset <= text.size() && fix.length <= text.size() - fix.offset);
        if (!error.fixes.empty()) (void)flow::load_file("fixed.yaml", yaml::apply_fixes(text, error.fixes));
    }
    return 0;
}
