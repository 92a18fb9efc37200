// What an importer of another tool's file hands back: our files, and a line of report for each construct it met.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/flow/load.h"
#include "common/yaml/document.h"

namespace pawl::cli {

enum class Level : std::uint8_t { translated, approximated, not_translated, error };
inline std::string_view name_of(Level level) {
    constexpr std::string_view names[] = {"translated", "approximated", "not translated", "error"};
    return names[static_cast<std::size_t>(level)];
}

struct ReportLine {
    std::string file;
    std::uint32_t line = 0;
    Level level = Level::translated;
    std::string message;
};

struct Imported {
    std::vector<flow::SourceFile> files;  ///< "NAME.yaml"
    std::vector<ReportLine> report;       ///< in the order of the text
    std::optional<Error> refused;         ///< the file is none of this kind; then there are no files
};

/// Collects the report of one file.
class Reporter {
public:
    explicit Reporter(std::string file) : file_(std::move(file)) {}
    void add(yaml::Node const& at, Level level, std::string const& message) { lines_.push_back({file_, at.where.line, level, printable(message)}); }
    /// A key that is not among those that are read. `owner`: " of step x".
    void add_other(yaml::Member const& member, std::initializer_list<std::string_view> read, std::string const& owner) {
        if (std::ranges::find(read, std::string_view(member.key.text)) == read.end()) add(member.key, Level::not_translated, "'" + member.key.text + "'" + owner);
    }
    std::vector<ReportLine> take() {
        std::ranges::stable_sort(lines_, {}, &ReportLine::line);
        return std::move(lines_);
    }

private:
    std::string file_;
    std::vector<ReportLine> lines_;
};

}  // namespace pawl::cli
