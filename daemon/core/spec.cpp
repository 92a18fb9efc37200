#include "daemon/core/spec.h"

#include "common/base/error_codes.h"
#include "common/base/json.h"

namespace pawl {
namespace {

Json list_of(std::vector<std::string> const& texts) {
    JsonList list;
    list.reserve(texts.size());
    for (std::string const& text : texts) list.emplace_back(text);
    return list;
}

std::vector<std::string> texts_of(Json const* list) {
    std::vector<std::string> texts;
    if (list == nullptr || !list->is_list()) return texts;
    for (Json const& item : list->as_list())
        if (item.is_string()) texts.push_back(item.as_string());
    return texts;
}

}  // namespace

std::string encode_spec(LaunchSpec const& spec) {
    JsonMap map;
    map.append("argv", list_of(spec.argv));
    map.append("env", list_of(spec.env));
    map.append("dir", spec.dir);
    JsonList files;
    for (auto const& [name, content] : spec.files) files.emplace_back(JsonList{Json(name), Json(content)});
    if (!files.empty()) map.append("files", std::move(files));
    if (spec.timeout) map.append("timeout_us", spec.timeout->count());
    map.append("stop_signal", spec.stop_signal);
    map.append("grace_us", spec.grace.count());
    map.append("log_head_max", static_cast<std::int64_t>(spec.log_head_max));
    map.append("log_tail_max", static_cast<std::int64_t>(spec.log_tail_max));
    map.append("step", spec.step);
    if (!spec.work.empty()) map.append("work", spec.work);
    if (!spec.keep.empty()) map.append("keep", keep_json(spec.keep));
    return dump_json(map);
}

Result<LaunchSpec> decode_spec(std::string_view text) {
    Result<Json> const parsed = parse_json(text, {.bytes_max = 16u << 20, .depth_max = 8});
    if (!parsed || !parsed->is_map())
        return Error{.code = code::corrupt, .message = "the stored launch specification cannot be read", .where = {}, .hint = {}};
    LaunchSpec spec;
    spec.argv = texts_of(parsed->find("argv"));
    spec.env = texts_of(parsed->find("env"));
    spec.dir = parsed->text("dir");
    if (Json const* files = parsed->find("files"); files != nullptr && files->is_list())
        for (Json const& file : files->as_list())
            if (std::vector<std::string> pair = texts_of(&file); pair.size() == 2) spec.files.emplace_back(pair[0], pair[1]);
    if (Json const* timeout = parsed->find("timeout_us"); timeout != nullptr && timeout->is_int()) spec.timeout = Duration(timeout->as_int());
    spec.stop_signal = static_cast<int>(parsed->number("stop_signal", 15));
    spec.grace = Duration(parsed->number("grace_us"));
    spec.log_head_max = static_cast<std::uint64_t>(parsed->number("log_head_max"));
    spec.log_tail_max = static_cast<std::uint64_t>(parsed->number("log_tail_max"));
    spec.step = static_cast<std::uint32_t>(parsed->number("step"));
    spec.work = parsed->text("work");
    if (Json const* keep = parsed->find("keep")) spec.keep = read_keep(*keep);
    return spec;
}

}  // namespace pawl
