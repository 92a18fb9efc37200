// Two models → what changed, as sentences for `pawl plan` and `pawl diff`.
#include <algorithm>

#include "common/base/text.h"
#include "common/flow/load.h"

namespace pawl::flow {
namespace {

constexpr std::string_view step_lists[] = {"steps", "on_success", "on_failure", "on_cancel", "finally"};

bool is_step_list(std::string_view key) { return std::ranges::find(step_lists, key) != std::ranges::end(step_lists); }

std::string shown(Json const& value) {
    std::string const text = value.is_string() ? value.as_string() : dump_json(value);
    std::string_view const line = std::string_view(text).substr(0, std::min(text.find('\n'), text.size()));
    std::string_view const start = take_characters(line, 40);
    return printable(start) + (start.size() < text.size() ? "…" : "");
}

bool is_short(Json const& value) {
    if (value.is_string()) return value.as_string().size() <= 40 && value.as_string().find('\n') == std::string::npos;
    return !value.is_list() && !value.is_map();
}

class Diff {
public:
    std::vector<std::string> run(Json const& before, Json const& after) {
        for (std::string const& key : keys_of(before, after)) top_level(key, before.find(key), after.find(key));
        return std::move(sentences_);
    }

private:
    static Json const& nothing() {
        static Json const null;
        return null;
    }

    /// In the order of `after`, then what only `before` had.
    static std::vector<std::string> keys_of(Json const& before, Json const& after) {
        std::vector<std::string> keys;
        if (after.is_map())
            for (auto const& [key, value] : after.as_map()) keys.push_back(key);
        if (before.is_map())
            for (auto const& [key, value] : before.as_map())
                if (!after.find(key)) keys.push_back(key);
        return keys;
    }

    void say(std::string sentence) { sentences_.push_back(std::move(sentence)); }

    void top_level(std::string const& key, Json const* before, Json const* after) {
        if (before && after && *before == *after) return;
        Json const& was = before ? *before : nothing();
        Json const& is = after ? *after : nothing();
        if (is_step_list(key)) return steps(key, was, is);
        if (key == "inputs") return entries("input", was, is);
        if (key == "outputs") return entries("output", was, is);
        if (key == "env") return entries("variable", was, is);
        if (key == "vars") return entries("var", was, is);
        if (key == "labels") return entries("label", was, is);
        if (key == "conditions") return entries("condition", was, is);
        if (was.is_map() && is.is_map()) return nested("", key, was, is);
        one("", key, before, after);
    }

    /// One value: added, removed, changed.
    void one(std::string const& prefix, std::string const& name, Json const* before, Json const* after) {
        if (before && after) {
            if (*before == *after) return;
            if (is_short(*before) && is_short(*after)) say(prefix + name + " changed from " + shown(*before) + " to " + shown(*after));
            else say(prefix + name + " changed");
        } else if (after) {
            say(prefix + name + (is_short(*after) ? " added: " + shown(*after) : " added"));
        } else if (before) {
            say(prefix + name + " removed");
        }
    }

    void nested(std::string const& prefix, std::string const& name, Json const& before, Json const& after) {
        for (std::string const& key : keys_of(before, after)) one(prefix, name.empty() ? key : name + "." + key, before.find(key), after.find(key));
    }

    void entries(std::string const& noun, Json const& before, Json const& after) {
        for (std::string const& key : keys_of(before, after)) {
            Json const* was = before.find(key);
            Json const* is = after.find(key);
            std::string const name = noun + " '" + key + "'";
            if (was && is && was->is_map() && is->is_map()) nested(name + ": ", "", *was, *is);
            else one("", name, was, is);
        }
    }

    static Json const* step_named(Json const& list, std::string const& id) {
        if (!list.is_list()) return nullptr;
        for (Json const& step : list.as_list())
            if (step.text("id") == id) return &step;
        return nullptr;
    }

    static std::vector<std::string> ids(Json const& list) {
        std::vector<std::string> found;
        if (!list.is_list()) return found;
        for (Json const& step : list.as_list()) found.push_back(step.text("id"));
        return found;
    }

    void steps(std::string const& list, Json const& before, Json const& after) {
        std::string const noun = list == "steps" ? "step '" : list + " handler '";
        std::size_t const said = sentences_.size();
        for (std::string const& id : ids(after)) {
            Json const* was = step_named(before, id);
            Json const& is = *step_named(after, id);
            if (!was) say(noun + id + "' added");
            else step(noun + id + "'", *was, is);
        }
        for (std::string const& id : ids(before))
            if (!step_named(after, id)) say(noun + id + "' removed");
        if (sentences_.size() == said) say("the order of " + list + " changed");
    }

    void step(std::string const& name, Json const& before, Json const& after) {
        for (std::string const& key : keys_of(before, after)) {
            Json const* was = before.find(key);
            Json const* is = after.find(key);
            if (was && is && *was == *is) continue;
            if (key == "needs") needs(name, was ? *was : nothing(), is ? *is : nothing());
            else if (was && is && was->is_map() && is->is_map()) nested(name + ": ", key, *was, *is);
            else one(name + ": ", key, was, is);
        }
    }

    void needs(std::string const& name, Json const& before, Json const& after) {
        auto const all = [](Json const& list) { return list.is_list() ? list.as_list() : JsonList(); };
        JsonList const was = all(before), is = all(after);
        std::size_t const said = sentences_.size();
        for (Json const& need : is)
            if (std::ranges::find(was, need) == was.end()) say(name + " now needs '" + shown(need) + "'");
        for (Json const& need : was)
            if (std::ranges::find(is, need) == is.end()) say(name + " no longer needs '" + shown(need) + "'");
        if (sentences_.size() == said) say(name + ": the order of needs changed");
    }

    std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> diff_models(Json const& before, Json const& after) { return Diff().run(before, after); }

}  // namespace pawl::flow
