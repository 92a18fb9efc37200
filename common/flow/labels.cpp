#include "common/flow/labels.h"

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

constexpr std::size_t labels_max = 1000;

bool is_label(std::string_view name) { return is_identifier(name) || is_object_name(name); }

}  // namespace

std::vector<std::pair<std::string, std::string>> read_labels(Reader& reader, Fields const& fields) {
    std::vector<std::pair<std::string, std::string>> labels;
    yaml::Node const* map = fields.find("labels");
    if (!map || !reader.within(map->members.size(), labels_max, *map, "labels")) return labels;
    for (yaml::Member const& label : map->members) {
        if (!is_label(label.key.text)) {
            reader.error(code::invalid_name, label.key.where, quotation(label.key.text) + " is no name for a label",
                         "names have lower-case letters, digits, '_' or '-', and begin with a letter");
        } else if (!label.value.is_scalar() || is_nothing(label.value)) {
            reader.error(code::wrong_type, label.value.where, "label '" + label.key.text + "' is text, not " + describe_kind(label.value));
        } else if (!reader.refuse_expression(label.value, "labels")) {
            labels.emplace_back(label.key.text, label.value.text);
        }
    }
    return labels;
}

}  // namespace pawl::flow
