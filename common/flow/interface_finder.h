// Finds out what the workflows take and give that files use: those of the same files, then those that stand elsewhere.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/flow/definitions.h"
#include "common/flow/file_loader.h"
#include "common/flow/load.h"

namespace pawl::flow {

/// Borrows all it is given. A workflow of these files is loaded for its interface alone: what is wrong with it is told when its file is.
class InterfaceFinder {
public:
    InterfaceFinder(std::vector<SourceFile> const& files, Conditions const& conditions, Others const& others)
        : files_(files), conditions_(conditions), others_(others) {}
    /// Of all that the files use, directly and through others.
    Interfaces run();

private:
    void find(std::string const& name);
    std::shared_ptr<Interface const> in_files(std::string const& name);
    std::shared_ptr<Interface const> load(FileLoader& loader, yaml::Document const& document);
    std::vector<std::size_t> files_that_may_define(std::string const& name);
    void list_names();

    std::vector<SourceFile> const& files_;
    Conditions const& conditions_;
    Others const& others_;
    std::map<std::string, std::vector<std::size_t>, std::less<>> named_in_;  ///< what looks like the name of a document, with the files
    bool names_listed_ = false;
    std::map<std::size_t, std::unique_ptr<FileLoader>> open_;
    std::set<std::string> sought_;  ///< found, not found, or being sought
    Interfaces found_;
};

}  // namespace pawl::flow
