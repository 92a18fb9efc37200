// What `artifacts` and `cache` may say. Globs without values are judged here, those with values when they are known.
#include "common/flow/keep.h"

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

using yaml::Node;

constexpr std::size_t globs_max = 100;

void check_globs(Reader& reader, Node const& list, std::string_view what) {
    if (list.items.empty()) reader.error(code::invalid_value, list.where, "'" + std::string(what) + "' names no file", std::string(what) + ": [\"dist/*.tar\"]");
    reader.within(list.items.size(), globs_max, list, what);
    for (Node const& item : list.items) {
        if (is_nothing(item)) reader.error(code::wrong_type, item.where, "an item of '" + std::string(what) + "' has no value", "remove it");
        else if (!item.is_scalar()) reader.error(code::wrong_type, item.where, "an item of '" + std::string(what) + "' is text, not " + describe_kind(item));
        else if (std::string_view const fault = fault_of_glob(item.text); !holds_expression(item) && !fault.empty())
            reader.error(code::invalid_value, item.where, quotation(item.text) + " " + std::string(fault), "globs begin at the step's folder: dist/*.tar");
    }
}

void read_artifacts(Reader& reader, StepDraft& draft, StepPlan& step) {
    Node const* const node = draft.fields.find("artifacts");
    if (!node) return;
    ArtifactsPlan& plan = step.artifacts.emplace();
    if (node->is_list()) return check_globs(reader, *node, "artifacts");
    draft.artifacts = reader.read_map(*node, Place::artifacts);
    if (Node const* paths = draft.artifacts->find("paths")) check_globs(reader, *paths, "paths");
    plan.keep = draft.artifacts->duration("keep");
    if (plan.keep && *plan.keep == Duration::zero())
        reader.error(code::invalid_value, draft.artifacts->find("keep")->where, "files that are kept for no time are not kept", "remove the key to keep them as long as the run");
    plan.if_missing = draft.artifacts->choice("if_missing", ArtifactsPlan::Missing::fail);
}

void read_cache(Reader& reader, StepDraft& draft, StepPlan& step) {
    yaml::Member const* const member = draft.fields.member("cache");
    if (!member) return;
    CachePlan& plan = step.cache.emplace();
    draft.cache = reader.read_map(member->value, Place::cache);
    for (std::string_view const key : {"files", "produces"})
        if (Node const* list = draft.cache->find(key)) check_globs(reader, *list, key);
    plan.max_age = draft.cache->duration("max_age");
    auto const misspelt = [&](std::string_view key) { return reader.is_misspelt(member->value, Place::cache, key); };
    bool const decides = draft.cache->has("files") || draft.cache->has("key") || draft.cache->has("max_age") || misspelt("files") || misspelt("key");
    if (!decides && !member->value.find("files") && !member->value.find("key"))
        reader.warning(code::unsafe_cache, member->key.where, draft.title + " would not run again when the files it reads have changed",
                       "name them: cache: {files: [\"src/**\"]}; or bound its age: max_age: 24h");
    if (draft.fields.has("undo") && !draft.cache->has("produces"))
        reader.warning(code::unsafe_cache, member->key.where, draft.title + " would be taken for done after 'undo' has taken it back", "name the files that it makes, and that undo removes: cache.produces");
    if (step.on_crash == OnCrash::resume)
        reader.error(code::conflicting_keys, member->key.where, "'cache' has no meaning beside 'on_crash: resume'", "a step that resumes does not do the same each time");
}

void compile_globs(Expressions& expressions, Node const& list, Sight& sight, std::vector<cel::Template>& globs) {
    for (Node const& item : list.items)
        if (item.is_scalar()) globs.push_back(expressions.pasted(item, sight));
}

}  // namespace

std::string_view fault_of_glob(std::string_view glob) {
    if (glob.empty()) return "names no file";
    if (glob.front() == '/') return "is an absolute path";
    if (glob.find('\0') != std::string_view::npos) return "contains a NUL character";
    if (glob.size() > 4096) return "is longer than a path can be";
    for (std::string_view const name : split(glob, '/'))
        if (name == "..") return "leads out of the step's folder";
    return {};
}

void read_keep(Reader& reader, StepDraft& draft, StepPlan& step) {
    read_artifacts(reader, draft, step);
    read_cache(reader, draft, step);
}

void compile_keep(Expressions& expressions, StepDraft const& draft, Sight& sight, StepPlan& step) {
    if (step.artifacts) {
        Node const* const paths = draft.artifacts ? draft.artifacts->find("paths") : draft.fields.find("artifacts");
        if (paths) compile_globs(expressions, *paths, sight, step.artifacts->paths);
    }
    if (!step.cache || !draft.cache) return;
    if (Node const* files = draft.cache->find("files")) compile_globs(expressions, *files, sight, step.cache->files);
    if (Node const* produces = draft.cache->find("produces")) compile_globs(expressions, *produces, sight, step.cache->produces);
    if (Node const* key = draft.cache->find("key")) step.cache->key = expressions.pasted(*key, sight);
}

}  // namespace pawl::flow
