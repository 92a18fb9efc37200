// Places and mistakes of an expression.
#include "common/cel/source.h"

#include <algorithm>

#include "common/base/text.h"

namespace pawl::cel {

SourcePos Placer::at(Range range) const {
    std::size_t const offset = std::min<std::size_t>(range.begin + shift_, source_.text.size());
    std::size_t const length = std::min<std::size_t>(range.length(), source_.text.size() - offset);
    if (source_.place) return source_.place(offset, length);
    std::string_view const before = std::string_view(source_.text).substr(0, offset);
    std::size_t const line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    std::string_view const marked = std::string_view(source_.text).substr(offset, length);
    SourcePos place;
    place.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    place.column = static_cast<std::uint32_t>(count_characters(before.substr(line_begin))) + 1;
    place.length = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(count_characters(marked.substr(0, marked.find('\n')))));
    return place;
}

void Reporter::error(ErrorCode code, Range at, std::string message, std::string hint) {
    add(Severity::error, code, at, std::move(message), std::move(hint));
}

void Reporter::warning(ErrorCode code, Range at, std::string message, std::string hint) {
    add(Severity::warning, code, at, std::move(message), std::move(hint));
}

void Reporter::add(Severity severity, ErrorCode code, Range at, std::string message, std::string hint) {
    // One mistake at a place is enough: what follows from it would only confuse.
    for (Found const& earlier : found_) {
        if (earlier.at.begin == at.begin && earlier.error.severity == severity && earlier.error.code == code) return;
    }
    if (severity == Severity::error) ++errors_;
    if (found_.size() >= diagnostics_max) {
        // An error takes the place of a warning, so that a text with an error never looks like one without.
        auto const warning = std::find_if(found_.rbegin(), found_.rend(), [](Found const& f) { return f.error.severity == Severity::warning; });
        if (severity != Severity::error || warning == found_.rend()) return;
        found_.erase(std::next(warning).base());
    }
    found_.push_back({at, Error{code, std::move(message), placer_.at(at), std::move(hint), severity, {}, {}}});
}

Diagnostics Reporter::take() {
    std::stable_sort(found_.begin(), found_.end(), [](Found const& a, Found const& b) { return a.at.begin < b.at.begin; });
    Diagnostics diagnostics;
    for (Found& found : found_) diagnostics.push_back(std::move(found.error));
    found_.clear();
    return diagnostics;
}

}  // namespace pawl::cel
