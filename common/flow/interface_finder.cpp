#include "common/flow/interface_finder.h"

#include <string_view>

#include "common/base/text.h"

namespace pawl::flow {

Interfaces InterfaceFinder::run() {
    for (SourceFile const& file : files_)
        for (std::string const& name : used_workflows(std::string_view(file.text))) find(name);
    return std::move(found_);
}

/// Who uses a workflow that is being sought is in a cycle with it; that is told where it is linked.
void InterfaceFinder::find(std::string const& name) {
    if (!sought_.insert(name).second) return;
    std::shared_ptr<Interface const> interface = in_files(name);
    if (!interface && others_.workflow) interface = others_.workflow(name);
    if (!interface) return;
    found_.add(interface);
    for (std::string const& next : interface->uses) find(next);
}

std::shared_ptr<Interface const> InterfaceFinder::in_files(std::string const& name) {
    for (std::size_t const index : files_that_may_define(name)) {
        std::unique_ptr<FileLoader>& loader = open_[index];
        if (!loader) loader = std::make_unique<FileLoader>(files_[index].name, files_[index].text);
        for (auto const& document : loader->file().documents) {
            yaml::Member const* kind = document->root.is_map() ? document->root.find("kind") : nullptr;
            if (kind && kind->value.text == "workflow" && name_of(document->root) == name) return load(*loader, *document);
        }
    }
    return nullptr;
}

std::shared_ptr<Interface const> InterfaceFinder::load(FileLoader& loader, yaml::Document const& document) {
    std::vector<std::string> uses = used_workflows(document.root);
    for (std::string const& next : uses) find(next);
    Definitions const definitions{conditions_, found_, others_.has_all_workflows};
    auto interface = std::make_shared<Interface>();
    if (auto const plan = loader.load(document, definitions).plan) *interface = interface_of(*plan);
    else interface->broken = interface->told = true;
    interface->name = name_of(document.root);
    interface->uses = std::move(uses);
    return interface;
}

std::vector<std::size_t> InterfaceFinder::files_that_may_define(std::string const& name) {
    if (!names_listed_) list_names();
    auto const found = named_in_.find(name);
    return found == named_in_.end() ? std::vector<std::size_t>() : found->second;
}

/// One look at each text, so that a thousand files need not be read as YAML to find one workflow.
void InterfaceFinder::list_names() {
    names_listed_ = true;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        std::string_view const text = files_[i].text;
        for (std::size_t at = text.find("name"); at != std::string_view::npos; at = text.find("name", at + 1)) {
            std::size_t const begin = text.find_first_not_of(" \t\"':", at + 4);
            if (begin == std::string_view::npos) break;
            std::string_view const rest = text.substr(begin);
            std::string_view const word = rest.substr(0, std::min(rest.find_first_of(" \t\r\n\"',}#"), rest.size()));
            if (!is_object_name(word)) continue;
            std::vector<std::size_t>& files = named_in_[std::string(word)];
            if (files.empty() || files.back() != i) files.push_back(i);
        }
    }
}

}  // namespace pawl::flow
