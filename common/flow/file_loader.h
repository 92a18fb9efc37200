// One file on its way from text to plans, document by document.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/flow/conflicts.h"
#include "common/flow/definitions.h"
#include "common/flow/reader.h"
#include "common/yaml/document.h"

namespace pawl::flow {

/// A file while it is read.
class FileLoader {
public:
    FileLoader(std::string name, std::string text)
        : file_(yaml::parse(std::move(name), std::move(text))), diagnostics_(std::move(file_.diagnostics)),
          readable_(!has_errors(diagnostics_)), reader_(file_, diagnostics_) {}
    FileLoader(FileLoader const&) = delete;
    FileLoader& operator=(FileLoader const&) = delete;

    yaml::File const& file() const { return file_; }
    std::string take_text() { return std::move(file_.text); }
    Diagnostics take_diagnostics();

    /// First of all, so that every workflow finds the conditions of every file.
    void read_conditions(ConditionReader& conditions);

    void warn(std::vector<Conflict> const& conflicts);

    struct Read {
        bool is_workflow = false;            ///< so that its name counts, whether it has a plan or not
        std::shared_ptr<Plan const> plan;    ///< a file that is no good YAML has none
        std::vector<ConditionUse> uses;
    };
    Read load(yaml::Document const& document, Definitions const& definitions);

private:
    yaml::File file_;
    Diagnostics diagnostics_;
    bool readable_;
    Reader reader_;
};

/// `name` of a document; empty when it has none.
std::string name_of(yaml::Node const& root);

}  // namespace pawl::flow
