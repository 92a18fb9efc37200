// The manual page and the completions are in step with the command tables.
#include <fstream>
#include <iterator>

#include "cli/parse.h"
#include "common/base/text.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;

namespace {

std::string file_text(std::string const& path) {
    std::ifstream file(std::string(PAWL_SOURCE_DIR) + "/" + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// ".It Fl d , Fl \-detach" as the page writes the names of an option.
std::string mdoc_item(Option const& option) {
    std::string item = ".It ";
    bool first = true;
    for (auto const name : split(option.names, ',')) {
        item += std::string(first ? "" : " , ") + "Fl ";
        for (char const c : name.substr(1)) item += c == '-' ? "\\-" : std::string(1, c);
        first = false;
    }
    return item + (option.value.empty() ? "" : " Ar " + option.value) + "\n";
}

/// The part of the page from a heading to the next one of its kind.
std::string section_of(std::string const& page, std::string const& heading) {
    auto const begin = page.find("\n" + heading + "\n");
    if (begin == std::string::npos) return "";
    auto const next = page.find("\n.S", begin + heading.size() + 2);
    return page.substr(begin, next == std::string::npos ? next : next - begin + 1);
}

std::size_t items_in(std::string const& text) {
    std::size_t count = 0;
    for (auto at = text.find("\n.It Fl "); at != std::string::npos; at = text.find("\n.It Fl ", at + 1)) ++count;
    return count;
}

void check_options(std::string const& section, std::vector<Option> const& options) {
    for (auto const& option : options) {
        INFO(option.names);
        CHECK(section.find(mdoc_item(option)) != std::string::npos);
    }
    CHECK(items_in(section) == options.size());
}

}  // namespace

TEST_CASE("pawl(1) has every command and exactly its options", "[cli][man]") {
    auto const page = file_text("man/pawl.1");
    GlobalOptions globals;
    check_options(section_of(page, ".Sh OPTIONS"), global_options(globals));
    for (auto const& entry : command_entries()) {
        if (entry.hidden) continue;
        INFO(entry.path);
        auto const section = section_of(page, ".Ss " + std::string(entry.path));
        REQUIRE(!section.empty());
        auto const command = entry.make();
        check_options(section, command.options);
        for (auto const& argument : command.arguments) CHECK(section.find(".It Ar " + argument.name + "\n") != std::string::npos);
    }
}

TEST_CASE("pawl(1) has no command that does not exist", "[cli][man]") {
    auto const page = file_text("man/pawl.1");
    auto const from = page.find(".Sh COMMANDS");
    auto const to = page.find(".Sh OUTPUT");
    REQUIRE(from != std::string::npos);
    for (auto const line : split(std::string_view(page).substr(from, to - from), '\n')) {
        if (!line.starts_with(".Ss ")) continue;
        INFO(line);
        bool known = false;
        for (auto const& entry : command_entries()) known = known || entry.path == line.substr(4);
        CHECK(known);
    }
}

TEST_CASE("the packaged completions are those that pawl prints", "[cli][completion]") {
    CliBench bench;
    for (auto const& [shell, file] : std::map<std::string, std::string>{{"bash", "pawl.bash"}, {"zsh", "_pawl"}, {"fish", "pawl.fish"}}) {
        CHECK(bench.run({"completion", shell}) == exit_done);
        CHECK(bench.out == file_text("packaging/completions/" + file));
    }
}

TEST_CASE("completion offers commands, verbs, options, choices and names of the daemon", "[cli][completion]") {
    CliBench bench;
    auto const offered = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"__complete", "--"});
        CHECK(bench.run(words) == exit_done);
        std::string names;
        for (auto const line : split(bench.out, '\n')) names += std::string(line.substr(0, line.find('\t'))) + " ";
        return names;
    };
    bench.daemon.ok["GET /v1/workflows?limit=200"] = R"({"items":[{"name":"nightly-backup"},{"name":"watcher"}]})";
    bench.daemon.ok["GET /v1/runs?limit=30"] = R"({"items":[{"id":812,"workflow":"w","status":"failed"}]})";
    bench.daemon.ok["GET /v1/runs/812"] = failed_run_json();
    CHECK(offered({"dep"}) == "deploy  ");
    CHECK(offered({"workflow", ""}).starts_with("inspect ls rm versions"));
    CHECK(offered({"run", "wat"}) == "watch watcher :files  ");
    CHECK(offered({"run", "-i", "a=b", "n"}) == "nightly-backup :files  ");
    CHECK(offered({"check", "--format", "s"}) == "sarif  ");
    CHECK(offered({"ps", "--prog"}) == "--progress  ");
    CHECK(offered({"retry", ""}) == "last 812  ");
    CHECK(offered({"logs", "812", "com"}) == "compress  ");
    CHECK(offered({"completion", "z"}) == "zsh  ");
    CHECK(offered({"exec", "--", "/bi"}) == ":files  ");
    bench.daemon.ok["GET /v1/runs?live=true&limit=30"] = R"({"items":[{"id":813,"workflow":"w","status":"running"}]})";
    CHECK(offered({"cancel", ""}) == "813  ");
    bench.daemon.ok["GET /v1/runs/5"] = R"({"id":5,"steps":[{"id":"pack","status":"failed"}]})";
    CHECK(offered({"retry", "5", "--from", ""}) == "pack  ");
    CHECK(offered({"ps", "--output=j"}) == "--output=json --output=jsonl  ");
}

TEST_CASE("the printed systemd units are the packaged ones", "[cli][daemon]") {
    CliBench bench;
    bench.env["PAWLD"] = "/bin/true";  // any program will do
    CHECK(bench.run({"daemon", "install", "--user", "--print"}) == exit_done);
    auto expected = file_text("packaging/systemd/user/pawld.service") + "\n" + file_text("packaging/systemd/user/pawld.socket");
    auto const at = expected.find("/usr/bin/pawld");
    REQUIRE(at != std::string::npos);
    expected.replace(at, 14, "/bin/true");
    CHECK(bench.out == expected);
}
