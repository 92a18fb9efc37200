// Text for people, XML and TAP for those who collect results.
#include "cli/test_report.h"

#include <algorithm>
#include <map>

#include "common/base/text.h"

namespace pawl::cli {
namespace {

std::string indented(std::string const& text, std::string const& indent) {
    std::string out;
    for (std::string_view const line : split(text, '\n'))
        if (!trim(line).empty()) out += indent + std::string(line) + "\n";
    return out;
}

std::string place_text(SourcePos const& where) { return std::string(where.file.text()) + ":" + std::to_string(where.line); }

/// What became of one step, in a line.
std::string step_text(PlayedStep const& step) {
    std::string text;
    if (step.attempts > 1) text += std::to_string(step.attempts) + " attempts";
    if (step.started_at && step.ended_at && *step.ended_at > *step.started_at) text += (text.empty() ? "" : ", ") + format_duration(*step.ended_at - *step.started_at);
    if (!step.message.empty()) text += (text.empty() ? "" : ", ") + step.message;
    if (step.reason == "condition")
        for (auto const& [path, value] : step.read.is_map() ? step.read.as_map() : JsonMap()) text += ", " + path + " is " + dump_json(value);
    return printable(text);
}

std::string xml(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else if (c == '\n') out += "&#10;";
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\t') out += "?";  // XML 1.0 has no way to write it
        else out += c;
    }
    return out;
}

std::string seconds(Duration span) {
    std::string text = std::to_string(span.count() / 1000 % 1000);
    return std::to_string(span.count() / 1'000'000) + "." + std::string(3 - text.size(), '0') + text;
}

Duration simulated(CaseResult const& result) { return result.play.ended_at - result.play.started_at; }

/// Plain text of all that is wrong with a case.
std::string findings_text(CaseResult const& result) {
    std::string text;
    for (Finding const& finding : result.findings) {
        Error const& error = finding.error;
        if (error.where) text += std::string(error.where->file.text()) + ":" + std::to_string(error.where->line) + ":" + std::to_string(error.where->column) + ": ";
        text += error.message + "\n" + (error.hint.empty() ? "" : "  hint: " + error.hint + "\n") + indented(finding.trace, "  ");
    }
    return text + play_text(Look{.ascii = true}, result.play, "  ");
}

}  // namespace

std::string play_text(Look const& look, Play const& play, std::string const& indent) {
    if (play.steps.empty()) return "";
    std::size_t width = 3;
    for (PlayedStep const& step : play.steps) width = std::max(width, display_width(step.id));
    auto const line = [&](std::string const& name, std::string const& status, std::string const& reason, std::string const& more) {
        std::string const state = state_text(look, status, reason);
        std::size_t const fill = std::max<std::size_t>(visible_width(state), 24) - visible_width(state);
        return indent + pad_right(name, width) + "  " + state + (more.empty() ? "" : std::string(fill + 2, ' ') + more) + "\n";
    };
    std::string text;
    for (PlayedStep const& step : play.steps) text += line(step.id, step.status, step.reason, step_text(step));
    std::string more = play.ended_at > play.started_at ? "after " + format_duration(play.ended_at - play.started_at) : "";
    if (!play.message.empty()) more += (more.empty() ? "" : ", ") + (play.failed_step.empty() ? "" : play.failed_step + ": ") + play.message;
    return text + line("run", play.status, play.reason, printable(more));
}

std::string test_text(Look const& look, CaseResult const& result, yaml::TextOf const& text_of) {
    std::string_view const status = result.red() ? "failed" : "succeeded";
    std::string text = painted(look, paint_of(status), symbol_of(look, status)) + " " + printable(full_name(result));
    if (!result.red()) return text + "\n";
    text += "  " + painted(look, Paint::dim, printable(place_text(result.where))) + "\n";
    for (Finding const& finding : result.findings) text += yaml::render(finding.error, text_of, look.cut ? look.width : 120) + indented(finding.trace, "      ");
    return text + play_text(look, result.play, "   ") + "\n";
}

std::string junit_text(std::vector<CaseResult> const& results) {
    std::map<std::string, std::vector<CaseResult const*>> suites;
    std::vector<std::string> order;
    for (CaseResult const& result : results) {
        std::string const key = result.target + "\n" + result.test;
        if (!suites.contains(key)) order.push_back(key);
        suites[key].push_back(&result);
    }
    auto const red = [](auto const& list) { return std::to_string(std::ranges::count_if(list, [](auto const* one) { return one->red(); })); };
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pawl\" tests=\"" + std::to_string(results.size()) + "\" failures=\"" +
                       std::to_string(std::ranges::count_if(results, &CaseResult::red)) + "\">\n";
    for (std::string const& key : order) {
        auto const& suite = suites[key];
        text += "  <testsuite name=\"" + xml(suite.front()->test) + "\" tests=\"" + std::to_string(suite.size()) + "\" failures=\"" + red(suite) + "\" errors=\"0\">\n";
        for (CaseResult const* one : suite) {
            text += "    <testcase classname=\"" + xml(one->target) + "\" name=\"" + xml(one->name) + "\" file=\"" + xml(one->where.file.text()) + "\" line=\"" + std::to_string(one->where.line) + "\" time=\"" + seconds(simulated(*one)) + "\"";
            text += one->red() ? ">\n      <failure type=\"test_failed\" message=\"" + xml(one->findings.front().error.message) + "\">" + xml(findings_text(*one)) + "</failure>\n    </testcase>\n" : "/>\n";
        }
        text += "  </testsuite>\n";
    }
    return text + "</testsuites>\n";
}

std::string tap_text(std::vector<CaseResult> const& results) {
    std::string text = "TAP version 14\n1.." + std::to_string(results.size()) + "\n";
    std::size_t number = 0;
    for (CaseResult const& result : results) {
        std::string name;
        for (char const c : printable(full_name(result))) name += c == '#' || c == '\\' ? std::string{'\\', c} : std::string{c};
        text += (result.red() ? "not ok " : "ok ") + std::to_string(++number) + " - " + name + "\n";
        if (result.red()) text += "  ---\n  message: " + dump_json(Json(result.findings.front().error.message)) + "\n  at: " + dump_json(Json(place_text(*result.findings.front().error.where))) + "\n  data: |\n" + indented(findings_text(result), "    ") + "  ...\n";
    }
    return text;
}

Json test_json(CaseResult const& result) {
    JsonList findings, steps;
    for (Finding const& finding : result.findings) findings.push_back(yaml::to_json(finding.error));
    for (PlayedStep const& step : result.play.steps)
        steps.push_back(JsonMap{{"id", step.id}, {"status", step.status}, {"reason", step.reason}, {"message", step.message}, {"attempts", step.attempts}, {"outputs", step.outputs}});
    Json json(JsonMap{{"test", result.test}, {"target", result.target}, {"name", result.name}, {"file", std::string(result.where.file.text())}, {"line", result.where.line},
                      {"passed", !result.red()}, {"findings", std::move(findings)}});
    if (!result.play.steps.empty()) json.set("run", JsonMap{{"status", result.play.status}, {"reason", result.play.reason}, {"duration_ms", simulated(result).count() / 1000}, {"steps", std::move(steps)}});
    return json;
}

}  // namespace pawl::cli
