// Deploys: the files come with the request, are loaded and checked off the loop, and only what has no error reaches the engine.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "common/base/crash_point.h"
#include "common/base/text.h"
#include "common/flow/keys.h"
#include "common/flow/load.h"
#include "daemon/api/decode.h"
#include "daemon/api/prepare.h"

namespace pawl::api {
namespace {

constexpr std::size_t deploy_bytes_max = 64u << 20;
constexpr std::size_t files_max = 10'000;

struct DeployBody {
    std::vector<flow::SourceFile> files;
    std::string root;
    bool dry_run = false, whole_project = false;
    flow::Conditions conditions;  ///< of files of the project that are not among these
    std::optional<std::map<std::string, int>> expected;
};

Result<std::map<std::string, int>> decode_expected(Json const& map) {
    std::map<std::string, int> expected;
    for (auto const& [name, version] : map.as_map()) {
        if (!is_object_name(name) || !version.is_int() || version.as_int() < 0 || version.as_int() > 1'000'000'000)
            return bad_request("'expected' holds names of workflows with version numbers");
        expected[name] = static_cast<int>(version.as_int());
    }
    return expected;
}

Result<DeployBody> decode_body(std::string_view text) {
    auto const body = parse_body(text, deploy_bytes_max);
    if (!body) return body.error();
    Fields fields(*body, "the body");
    DeployBody out;
    out.root = fields.required_text("root");
    out.dry_run = fields.boolean("dry_run").value_or(false);
    out.whole_project = fields.boolean("project").value_or(false);
    Json const* expected = fields.map("expected");
    Json const* files = fields.list("files");
    Json const* conditions = fields.map("conditions");
    if (auto finished = fields.finish(); !finished) return finished.error();
    if (auto checked = check_folder(out.root, "root"); !checked) return checked.error();
    if (expected != nullptr) {
        auto decoded = decode_expected(*expected);
        if (!decoded) return decoded.error();
        out.expected = std::move(*decoded);
    }
    if (conditions != nullptr) out.conditions = flow::Conditions::from_model(*conditions);
    if (files == nullptr || files->as_list().empty()) return bad_request("the body lacks 'files'");
    if (files->as_list().size() > files_max) return bad_request("more than " + std::to_string(files_max) + " files in one deploy");
    for (Json const& file : files->as_list()) {
        Fields member(file, "a member of 'files'");
        std::string name = member.required_text("name");
        auto content = member.text("text");
        if (auto finished = member.finish(); !finished) return finished.error();
        if (!content) return bad_request("a member of 'files' lacks 'text'");
        if (printable(name) != name) return bad_request("a file name with control characters: '" + printable(name) + "'");
        out.files.push_back({std::move(name), std::move(*content)});
    }
    return out;
}

/// What changes, as sentences. Compared with what is stored now; a deploy that overtakes this one only makes the sentences stale.
std::map<std::string, std::vector<std::string>> changes_of(Reader& reader, flow::LoadedProject const& project) {
    std::map<std::string, std::vector<std::string>> changes;
    auto const hashes = reader.active_hashes();  // one question for a thousand workflows
    if (!hashes) return changes;
    for (auto const& file : project.files)
        for (auto const& workflow : file.workflows) {
            auto const stored = hashes->find(workflow.name);
            if (stored == hashes->end() || stored->second == workflow.hash) continue;
            auto const active = reader.workflow(workflow.name, 0);
            if (!active) continue;
            auto const model = parse_json(workflow.model);
            if (Json const* before = active->find("model"); before && model) changes[workflow.name] = flow::diff_models(*before, *model);
        }
    return changes;
}

/// A text with a single document; markers within a text block count too, which costs only time.
bool is_one_document(std::string_view text) {
    return !text.starts_with("---") && text.find("\n---") == std::string_view::npos && text.find("\n...") == std::string_view::npos;
}

/// The file as it was loaded when its active version was stored, if it is still that text.
std::optional<flow::LoadedFile> known_file(std::unordered_map<std::string, ActiveSource> const& active, flow::SourceFile const& file) {
    bool const names_others = file.text.find("condition") != std::string::npos || !flow::used_workflows(std::string_view(file.text)).empty();
    if (names_others || !is_one_document(file.text)) return std::nullopt;  // what it names may have changed elsewhere
    auto const found = active.find(sha256_hex(file.text));
    if (found == active.end() || found->second.sharing != 1) return std::nullopt;
    flow::LoadedFile known;
    known.name = file.name;
    known.workflows.push_back({.name = found->second.workflow, .document = static_cast<std::size_t>(found->second.document), .plan = nullptr, .model = "", .hash = found->second.hash});
    return known;
}

/// For plans, which are asked for after every edit: only files whose text is not that of an active version are loaded. Nothing when that is
/// not sure to give the answer of loading all of them.
std::optional<flow::LoadedProject> load_changed(Reader& reader, std::vector<flow::SourceFile> const& files, flow::Others const& others) {
    auto const active = reader.active_sources();
    if (!active) return std::nullopt;
    std::vector<flow::SourceFile> unknown;
    std::vector<std::optional<flow::LoadedFile>> known;
    std::set<std::string> names;
    bool doubled = false;
    for (flow::SourceFile const& file : files) {
        known.push_back(known_file(*active, file));
        if (!known.back()) unknown.push_back(file);
        else doubled = !names.insert(known.back()->workflows.front().name).second || doubled;
    }
    flow::LoadedProject loaded = flow::load_project(std::move(unknown), flow::Keep::models, others);
    for (flow::LoadedFile const& file : loaded.files)
        for (flow::LoadedWorkflow const& workflow : file.workflows) doubled = names.contains(workflow.name) || doubled;
    if (doubled) return std::nullopt;  // the full load tells where
    flow::LoadedProject project;
    project.diagnostics = std::move(loaded.diagnostics);
    std::size_t next = 0;
    for (auto& file : known) project.files.push_back(file ? std::move(*file) : std::move(loaded.files[next++]));
    return project;
}

flow::LoadedProject load_files(Reader& reader, DeployBody& body) {
    flow::Others const others = deployed(reader, std::move(body.conditions));
    if (body.dry_run) {
        if (auto project = load_changed(reader, body.files, others)) return std::move(*project);
    }
    return flow::load_project(std::move(body.files), flow::Keep::models, others);
}

/// The workflows of these files that were loaded, with what they take and give now.
std::map<std::string, std::shared_ptr<flow::Interface const>> new_interfaces(Reader& reader, flow::LoadedProject const& project, std::set<std::string> const& wanted) {
    std::map<std::string, std::shared_ptr<flow::Interface const>> interfaces;
    for (flow::LoadedFile const& file : project.files) {
        bool const has_one = std::ranges::any_of(file.workflows, [&](flow::LoadedWorkflow const& one) { return wanted.contains(one.name) && !one.model.empty(); });
        if (!has_one) continue;
        flow::Conditions conditions;
        for (auto const& condition : file.conditions) conditions.add(condition);
        for (flow::LoadedWorkflow const& workflow : flow::load_file(file.name, file.text, deployed(reader, std::move(conditions))).workflows)
            if (workflow.plan) interfaces.emplace(workflow.name, std::make_shared<flow::Interface const>(flow::interface_of(*workflow.plan)));
    }
    return interfaces;
}

/// Errors that an active workflow would have beside these files. It is none of them, so nobody has looked at it.
Diagnostics misfits_of(StoredSource const& user, std::map<std::string, std::shared_ptr<flow::Interface const>> const& interfaces, Reader& reader) {
    auto const model = parse_json(user.version.model);
    flow::Others others = model ? flow::others_of(*model) : flow::Others();
    others.workflow = [&interfaces, elsewhere = deployed(reader, {}).workflow](std::string const& name) {
        auto const found = interfaces.find(name);
        return found == interfaces.end() ? elsewhere(name) : found->second;
    };
    Diagnostics misfits;
    for (Error& error : flow::load_file(user.file, user.text, others).diagnostics) {
        if (error.severity != Severity::error) continue;
        error.message = "workflow '" + user.workflow + "', which is active, would no longer fit: " + error.message;
        error.hint = "deploy '" + user.workflow + "' together with this";
        misfits.push_back(std::move(error));
    }
    return misfits;
}

/// What a step of an active workflow starts must go on to fit, whoever deploys it.
Diagnostics misfits(Reader& reader, flow::LoadedProject const& project) {
    Diagnostics found;
    auto const uses = reader.active_uses();
    if (!uses || uses->empty()) return found;
    std::set<std::string> names;
    for (flow::LoadedFile const& file : project.files)
        for (flow::LoadedWorkflow const& workflow : file.workflows) names.insert(workflow.name);
    std::optional<std::map<std::string, std::shared_ptr<flow::Interface const>>> interfaces;
    for (auto const& [version, used] : *uses) {
        bool const is_touched = std::ranges::any_of(flow::words(used), [&](std::string_view name) { return names.contains(std::string(name)); });
        if (!is_touched) continue;
        auto const user = reader.source(version);
        if (!user || names.contains(user->workflow)) continue;
        if (!interfaces) interfaces = new_interfaces(reader, project, names);
        Diagnostics more = misfits_of(*user, *interfaces, reader);
        found.insert(found.end(), more.begin(), more.end());
    }
    return found;
}

Prepared load(Reader& reader, std::string_view text) {
    auto body = decode_body(text);
    if (!body) return refused(body.error());
    flow::LoadedProject project = load_files(reader, *body);
    if (!has_errors(project.diagnostics)) {
        Diagnostics found = misfits(reader, project);
        project.diagnostics.insert(project.diagnostics.end(), found.begin(), found.end());
    }
    if (has_errors(project.diagnostics)) {
        Error const error = summary_of(project.diagnostics);
        return refused(error, std::move(project.diagnostics));
    }
    auto changes = changes_of(reader, project);
    PAWL_CRASH_POINT("deploy.checked");
    Prepared prepared;
    prepared.body = Deploy{std::move(project.files), std::move(body->root), body->dry_run, std::move(changes), body->whole_project, std::move(body->expected)};
    return prepared;
}

/// Only a version that this daemon can still load may become active again.
Prepared load_older(Reader& reader, std::string const& name, int number) {
    auto stored = reader.source_of(name, number);
    if (!stored) return refused(stored.error());
    Diagnostics diagnostics;
    auto const plan = plan_of(*stored, diagnostics);
    if (!plan) return refused(plan.error(), std::move(diagnostics));
    Prepared prepared;
    prepared.version = stored->version.id;
    prepared.plan = *plan;
    prepared.body = RollBack{name, std::move(stored->version)};
    return prepared;
}

}  // namespace

/// The body may have 64 MiB, so it is parsed on the read worker too. Who may deploy does not depend on what is in it.
Result<Decoded> deploy(Asked const& asked) {
    return Decoded{"project", [asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        prepare(core, ticket, *asked, [asked](Reader& reader) { return load(reader, asked->http.body); });
    }};
}

Result<Decoded> roll_back(Asked const& asked) {
    auto const body = parse_body(asked.http.body);
    if (!body) return body.error();
    Fields fields(*body, "the body");
    auto const number = fields.integer("version", 1, 1'000'000'000);
    if (auto finished = fields.finish(); !finished) return finished.error();
    if (!number) return bad_request("the body lacks 'version'");
    return Decoded{"workflow/" + asked.parts[0], [number = static_cast<int>(*number), asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        prepare(core, ticket, *asked, [asked, number](Reader& reader) { return load_older(reader, asked->parts[0], number); });
    }};
}

Result<Decoded> remove_workflow(Asked const& asked) {
    return Decoded{"workflow/" + asked.parts[0], [asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        core.post(ticket, *asked, RemoveWorkflow{asked->parts[0]});
    }};
}

}  // namespace pawl::api
