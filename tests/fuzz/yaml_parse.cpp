// libFuzzer: any bytes as a YAML file. Reads them, shows every mistake, makes JSON of the trees, looks up a place in each scalar, and lays
// the file out: the same trees come back, and a second time changes nothing.
#include <cstdint>
#include <string>

#include "common/base/text.h"
#include "common/yaml/document.h"
#include "common/yaml/format.h"
#include "common/yaml/render.h"

namespace {

using namespace pawl;
using namespace pawl::yaml;

void check_place(File const& file, SourcePos const& where) {
    ASSERT(where.file == file.name);
    ASSERT(where.length >= 1);
}

void check_scalar(File const& file, Node const& scalar) {
    check_place(file, scalar.where);
    ASSERT(scalar.offset <= scalar.end && scalar.end <= file.text.size());
    for (std::size_t byte : {std::size_t{0}, scalar.text.size() / 2, scalar.text.size()}) check_place(file, file.place_in(scalar, byte, 3));
}

void check_node(File const& file, Node const& node) {
    check_place(file, node.where);
    if (node.is_scalar()) check_scalar(file, node);
    for (Node const& item : node.items) check_node(file, item);
    for (Member const& member : node.members) {
        check_scalar(file, member.key);
        check_node(file, member.value);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    File const file = parse("f.yaml", std::string(reinterpret_cast<char const*>(data), size));
    ASSERT(!file.diagnostics.empty() || !file.documents.empty());
    std::string const shown = render_all(file.diagnostics, [&file](std::string_view) { return &file.text; });
    ASSERT(find_invalid_utf8(shown) == std::string::npos);
    std::vector<Fix> fixes;
    for (Error const& error : file.diagnostics) {
        check_place(file, *error.where);
        fixes.insert(fixes.end(), error.fixes.begin(), error.fixes.end());
    }
    parse("f.yaml", apply_fixes(file.text, fixes));
    if (auto const once = format(file)) {
        auto const again = format(parse("f.yaml", *once));
        ASSERT(again && *again == *once);
    }
    for (auto const& document : file.documents) {
        check_node(file, document->root);
        ASSERT(parse_json(dump_json(to_json(document->root)), {.bytes_max = 64u << 20, .depth_max = 64}));
    }
    return 0;
}
