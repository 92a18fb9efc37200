// New runs: of a stored workflow by name, of a file that comes with the request, of a single command.
#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/flow/load.h"
#include "daemon/api/decode.h"
#include "daemon/api/prepare.h"

namespace pawl::api {
namespace {

/// Decoded once; what is missing in it comes from the store or the file.
struct StartBody {
    std::string workflow;        ///< name of a stored one; empty: `file`
    int number = 0;              ///< version; 0: the active one
    std::string file, text;
    std::string name;            ///< which workflow of the file; empty: its only one
    std::string root;
    Json inputs, event;
    Json conditions;  ///< of other files, as a workflow's model has them
    bool no_cache = false;
};

Result<StartBody> decode_start(Json const& body) {
    Fields fields(body, "the body");
    StartBody out;
    out.workflow = fields.text("workflow").value_or("");
    out.number = static_cast<int>(fields.integer("version", 1, 1'000'000'000).value_or(0));
    out.name = fields.text("name").value_or("");
    out.root = fields.text("root").value_or("");
    out.no_cache = fields.boolean("no_cache").value_or(false);
    Json const* inputs = fields.map("inputs");
    Json const* event = fields.map("event");
    Json const* file = fields.map("file");
    if (auto finished = fields.finish(); !finished) return finished.error();
    out.inputs = inputs == nullptr ? Json(JsonMap{}) : *inputs;
    if (event != nullptr) out.event = *event;
    if (out.workflow.empty() == (file == nullptr)) return bad_request("the body has either 'workflow' or 'file'");
    if (file == nullptr) {
        if (!out.name.empty() || !out.root.empty()) return bad_request("'name' and 'root' belong to 'file'");
        return out;
    }
    if (out.number != 0) return bad_request("'version' belongs to 'workflow'");
    if (auto checked = check_folder(out.root, "root"); !checked) return checked.error();
    Fields member(*file, "'file'");
    out.file = member.required_text("name");
    auto text = member.text("text");
    Json const* conditions = member.map("conditions");
    if (auto finished = member.finish(); !finished) return finished.error();
    if (!text) return bad_request("'file' lacks 'text'");
    if (conditions != nullptr) out.conditions = *conditions;
    out.text = std::move(*text);
    return out;
}

StartRun start_of(StoredSource const& source, std::shared_ptr<flow::Plan const> plan, StartBody const& body) {
    StartRun start{source.version.id, source.version.number, body.workflow, std::move(plan), source.version.root, body.inputs, body.event, {}};
    start.no_cache = body.no_cache;
    return start;
}

/// Reads and compiles a stored version. `id` 0: by its number.
Prepared start_stored(Reader& reader, VersionId id, StartBody const& body) {
    if (!id && body.number == 0) {
        auto const shown = reader.workflow(body.workflow, 0);  // tells best what is wrong: removed, or misspelt
        return refused(shown ? api_error(code::conflict, "'" + body.workflow + "' is being deployed", "try again") : shown.error());
    }
    auto const source = id ? reader.source(id) : reader.source_of(body.workflow, body.number);
    if (!source) return refused(source.error());
    Diagnostics diagnostics;
    auto const plan = plan_of(*source, diagnostics);
    if (!plan) return refused(plan.error(), std::move(diagnostics));
    Prepared prepared;
    prepared.body = start_of(*source, *plan, body);
    prepared.version = source->version.id;
    prepared.plan = *plan;
    return prepared;
}

/// The workflow of a file that is meant: the one with the name, or the only one.
Result<flow::LoadedWorkflow> choose(flow::LoadedFile& file, std::string const& name) {
    if (name.empty() && file.workflows.size() == 1) return std::move(file.workflows[0]);
    std::vector<std::string> names;
    for (auto& workflow : file.workflows) {
        if (workflow.name == name) return std::move(workflow);
        names.push_back("'" + workflow.name + "'");
    }
    std::string const has = names.empty() ? "has no workflow" : "has " + join(names, ", ");
    if (name.empty()) return bad_request("'" + printable(file.name) + "' " + has, "say which one is meant by 'name'");
    return api_error(code::not_found, "there is no workflow '" + printable(name) + "' in '" + printable(file.name) + "'; it " + has);
}

/// Workflows of the same file that this one uses, directly and through others.
std::vector<flow::LoadedWorkflow> used_in_file(flow::LoadedFile const& file, flow::LoadedWorkflow const& chosen) {
    std::vector<flow::LoadedWorkflow> used;
    std::vector<std::string> open = chosen.uses;
    while (!open.empty()) {
        std::string const name = std::move(open.back());
        open.pop_back();
        auto const found = std::ranges::find(file.workflows, name, &flow::LoadedWorkflow::name);
        bool const is_new = found != file.workflows.end() && std::ranges::find(used, name, &flow::LoadedWorkflow::name) == used.end();
        if (!is_new) continue;
        open.insert(open.end(), found->uses.begin(), found->uses.end());
        used.push_back(*found);
    }
    return used;
}

Prepared start_transient(Reader& reader, StartBody body, bool exec) {
    flow::LoadedFile file = flow::load_file(body.file, body.text, deployed(reader, flow::Conditions::from_model(body.conditions)));
    if (has_errors(file.diagnostics)) {
        Error const error = summary_of(file.diagnostics);
        return refused(error, std::move(file.diagnostics));
    }
    auto chosen = choose(file, body.name);
    if (!chosen) return refused(chosen.error());
    StartRun start;
    start.workflow = chosen->name;
    start.plan = chosen->plan;
    start.root = std::move(body.root);
    start.inputs = std::move(body.inputs);
    start.event = std::move(body.event);
    start.exec = exec;
    start.no_cache = body.no_cache;
    start.from_file = true;
    Prepared prepared;
    auto used = used_in_file(file, *chosen);
    bool const is_alone = used.empty();  // else the versions of what it uses belong to it
    if (auto const same = is_alone ? reader.same_version(start.workflow, chosen->hash, sha256_hex(body.text), start.root) : std::nullopt) {
        start.version = same->id;
        start.number = same->number;
        prepared.body = std::move(start);
        return prepared;
    }
    start.transient = StartRun::Transient{std::move(*chosen), std::move(body.file), std::move(body.text), std::move(used)};
    prepared.body = std::move(start);
    return prepared;
}

/// A text that means itself in a place where ${{ }} is evaluated.
std::string literal(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text.substr(at, 3) == "${{") {
            out += "${{ '${{' }}";
            at += 3;
        } else {
            out += text[at++];
        }
    }
    return out;
}

struct ExecBody {
    std::vector<std::string> argv;
    std::string name = "exec";
    std::string dir;
    JsonMap env;
    std::int64_t retries = 0;
    std::string timeout;
};

Result<ExecBody> decode_exec(Json const& body) {
    Fields fields(body, "the body");
    ExecBody out;
    out.argv = fields.texts("argv").value_or(std::vector<std::string>{});
    out.name = fields.text("name").value_or("exec");
    out.dir = fields.required_text("dir");
    out.retries = fields.integer("retry", 0, 1000).value_or(0);
    out.timeout = fields.text("timeout").value_or("");
    Json const* env = fields.map("env");
    if (auto finished = fields.finish(); !finished) return finished.error();
    if (out.argv.empty()) return bad_request("the body lacks 'argv'");
    if (!is_object_name(out.name)) return bad_request("'name' is a lower-case letter, then letters, digits and dashes, at most 64 of them");
    if (auto checked = check_folder(out.dir, "dir"); !checked) return checked.error();
    if (env != nullptr)
        for (auto const& [name, value] : env->as_map()) {
            if (!value.is_string()) return bad_request("'env' maps names to texts");
            out.env.append(name, literal(value.as_string()));
        }
    return out;
}

/// JSON leaves these characters of its texts as they are; YAML takes them only as escapes.
std::string escaped_for_yaml(std::string_view json) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (std::size_t at = 0; at < json.size(); ++at) {
        auto const byte = [&](std::size_t ahead) { return at + ahead < json.size() ? static_cast<unsigned char>(json[at + ahead]) : 0u; };
        std::string_view const three = json.substr(at, 3);
        if (byte(0) == 0x7f) {
            out += "\\u007f";
        } else if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0x9f) {  // U+0080 to U+009F
            out += "\\u00";
            out += hex[byte(1) >> 4];
            out += hex[byte(1) & 15];
            at += 1;
        } else if (three == "\xEF\xBB\xBF" || three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {
            out += byte(1) == 0xbb ? "\\ufeff" : byte(2) == 0xbe ? "\\ufffe" : "\\uffff";
            at += 2;
        } else {
            out += json[at];
        }
    }
    return out;
}

/// The workflow that a command stands for, as a file: JSON is YAML, and a file is what versions are made of.
std::string exec_text(ExecBody const& body) {
    JsonList argv;
    for (std::size_t i = 0; i < body.argv.size(); ++i) argv.push_back(i == 0 ? body.argv[i] : literal(body.argv[i]));
    JsonMap step{{"id", "main"}, {"argv", std::move(argv)}};
    if (!body.env.empty()) step.append("env", body.env);
    if (body.retries > 0) step.append("retry", JsonMap{{"max_attempts", body.retries + 1}});
    if (!body.timeout.empty()) step.append("timeout", body.timeout);
    return escaped_for_yaml(dump_json_pretty(JsonMap{{"kind", "workflow"}, {"name", body.name}, {"steps", JsonList{std::move(step)}}})) + "\n";
}

}  // namespace

Result<Decoded> start_run(Asked const& asked) {
    auto const json = parse_body(asked.http.body);
    if (!json) return json.error();
    auto decoded = decode_start(*json);
    if (!decoded) return decoded.error();
    auto const body = std::make_shared<StartBody const>(std::move(*decoded));
    std::string object = "workflow/" + (body->workflow.empty() ? body->name : body->workflow);
    return Decoded{std::move(object), [body, asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        if (body->workflow.empty()) return prepare(core, ticket, *asked, [body](Reader& reader) { return start_transient(reader, *body, false); });
        auto const version = core.context.version_of(body->workflow, body->number);
        auto plan = version ? core.plans.find(version->id) : nullptr;
        if (plan) return core.post(ticket, *asked, start_of({*version, {}, {}, {}}, std::move(plan), *body));
        VersionId const id = version ? version->id : VersionId{};
        prepare(core, ticket, *asked, [body, id](Reader& reader) { return start_stored(reader, id, *body); });
    }};
}

Result<Decoded> exec(Asked const& asked) {
    auto const json = parse_body(asked.http.body);
    if (!json) return json.error();
    auto const body = decode_exec(*json);
    if (!body) return body.error();
    StartBody start;
    start.file = body->name + ".yaml";
    start.text = exec_text(*body);
    start.root = body->dir;
    start.inputs = JsonMap{};
    return Decoded{"workflow/" + body->name, [start, asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        prepare(core, ticket, *asked, [start](Reader& reader) { return start_transient(reader, start, true); });
    }};
}

}  // namespace pawl::api
