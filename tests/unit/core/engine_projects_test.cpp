// Projects as a whole: what is gone from the files is retired, a stale plan is refused, an older version becomes active again.
#include "common/base/error_codes.h"
#include "tests/unit/core/engine_bench.h"

namespace pawl::test {
namespace {

std::string workflow(std::string const& name, std::string const& run = "x") { return "kind: workflow\nname: " + name + "\nsteps: [{id: a, run: " + run + "}]\n"; }

Deploy project(std::vector<std::string> const& texts, std::string root = "/srv/p") {
    Deploy deploy;
    for (auto const& text : texts) deploy.files.push_back(flow::load_file("f" + std::to_string(deploy.files.size()) + ".yaml", text));
    deploy.root = std::move(root);
    deploy.whole_project = true;
    return deploy;
}

/// "a added 1, b retired 2"
std::string changes(EngineBench const& bench) {
    std::string text;
    for (Json const& change : bench.answer.find("changes")->as_list())
        text += (text.empty() ? "" : ", ") + change.text("name") + " " + change.text("action") + " " + std::to_string(change.number("version"));
    return text;
}

}  // namespace

TEST_CASE("a whole project retires what is gone from its files, and nothing of others", "[core][deploy]") {
    EngineBench bench;
    REQUIRE(bench.command(project({workflow("other")}, "/srv/q")) == 200);
    REQUIRE(bench.command(project({workflow("a"), workflow("b")})) == 200);
    bench.start("b");
    auto dry = project({workflow("a")});
    dry.dry_run = true;
    CHECK(bench.command(dry) == 200);
    CHECK(changes(bench) == "a unchanged 1, b retired 1");
    CHECK(bench.engine->active_version("b"));
    auto files_alone = project({workflow("a")});
    files_alone.whole_project = false;
    CHECK(bench.command(files_alone) == 200);
    CHECK(changes(bench) == "a unchanged 1");

    CHECK(bench.command(project({workflow("a")})) == 200);
    CHECK(changes(bench) == "a unchanged 1, b retired 1");
    CHECK_FALSE(bench.engine->active_version("b"));
    CHECK(bench.engine->active_version("other"));
    CHECK(bench.start("b") == 404);
    bench.ends("1.a", 0);  // a run that lives goes on
    CHECK_FALSE(bench.knows(2));
    CHECK(bench.audited().find("deploy workflow/a workflow/b accepted") != std::string::npos);
    bench.restarts({});
    CHECK_FALSE(bench.engine->active_version("b"));
    CHECK(bench.command(project({workflow("a"), workflow("b")})) == 200);
    CHECK(changes(bench) == "a unchanged 1, b reactivated 2");
}

TEST_CASE("a plan made for other versions is refused whole, and says why", "[core][deploy]") {
    EngineBench bench;
    bench.command(project({workflow("a"), workflow("b")}));
    auto plan = project({workflow("a", "y"), workflow("c")});
    plan.expected = {{"a", 1}, {"b", 1}, {"c", 0}};
    SECTION("nothing has changed: it is done") {
        CHECK(bench.command(plan) == 200);
        CHECK(changes(bench) == "a changed 2, c added 1, b retired 1");
    }
    SECTION("another version is active") {
        bench.command(project({workflow("a", "z"), workflow("b")}));
        CHECK(bench.command(plan) == 409);
        CHECK(bench.answer.text("code") == "plan_stale");
        CHECK(bench.answer.text("title").find("version 2 of 'a' is active") != std::string::npos);
        CHECK(bench.answer.text("title").find("the plan was made for version 1") != std::string::npos);
        CHECK_FALSE(bench.engine->active_version("c"));
        CHECK(bench.engine->active_version("b"));
    }
    SECTION("what was to be retired is gone already") {
        bench.command(RemoveWorkflow{"b"});
        CHECK(bench.command(plan) == 409);
        CHECK(bench.answer.text("title").find("none of 'b' is active") != std::string::npos);
    }
    SECTION("a workflow of the project that the plan does not know would be retired") {
        bench.command(project({workflow("a"), workflow("b"), workflow("d")}));
        CHECK(bench.command(plan) == 409);
        CHECK(bench.answer.text("title").find("'d'") != std::string::npos);
    }
    SECTION("the same version by a rollback is another one than planned") {
        VersionRow const first = *bench.engine->active_version("a");
        bench.command(project({workflow("a", "z"), workflow("b")}));
        plan.expected = {{"a", 2}, {"b", 1}, {"c", 0}};
        bench.command(RollBack{"a", first});
        CHECK(bench.command(plan) == 409);
    }
}

TEST_CASE("a rollback makes an older version active and makes none", "[core][deploy]") {
    EngineBench bench;
    bench.command(project({workflow("a", "one")}));
    VersionRow const first = *bench.engine->active_version("a");
    bench.command(project({workflow("a", "two")}));
    bench.start("a");
    bench.audited();
    CHECK(bench.command(RollBack{"a", first}) == 200);
    CHECK(bench.answer.number("version") == 1);
    CHECK(bench.answer.number("was") == 2);
    CHECK(bench.audited() == "workflow.rollback workflow/a@1 accepted");
    CHECK(bench.engine->active_version("a")->number == 1);
    CHECK(bench.step("1.a") == "running");  // on version 2
    CHECK(bench.command(RollBack{"a", first}) == 409);
    CHECK(bench.command(RollBack{"b", first}) == 404);
    bench.ends("1.a", 0);
    bench.restarts({});
    CHECK(bench.engine->active_version("a")->number == 1);
    CHECK(bench.engine->active_version("a")->hash == first.hash);
    SECTION("the files would undo it, and the plan says so") {
        auto dry = project({workflow("a", "two")});
        dry.dry_run = true;
        bench.command(dry);
        CHECK(changes(bench) == "a changed 3");
        CHECK(bench.answer.find("changes")->as_list().front().find("details")->as_list().front() == Json("this undoes the rollback to version 1"));
    }
    SECTION("the next content gets the next number") {
        bench.command(project({workflow("a", "three")}));
        CHECK(changes(bench) == "a changed 3");
    }
}

}  // namespace pawl::test
