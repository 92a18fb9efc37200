"""Projects with the real programs: every template is made, checked and run; plan, deploy of a plan, diff and rollback against a daemon."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/bin").resolve()
DEADLINE = 120  # seconds, for one command on a loaded machine
checks = 0


class Failure(Exception):
    pass


def check(what, sentence, shown=""):
    global checks
    checks += 1
    if not what:
        raise Failure(f"{sentence}: {shown}")


class Place:
    """A folder with a home of its own, so that nothing of the caller's is used or left."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-projects-", dir="/tmp"))
        home = self.folder / "home"
        self.env = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_RUNTIME_DIR": str(home / "runtime"),
                    "PAWL_SOCKET": str(self.folder / "pawl.sock"), "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        (home / "runtime").mkdir(parents=True, mode=0o700)
        self.daemon = None

    def pawl(self, *words, code=0, cwd=None):
        done = subprocess.run(["pawl", *words], env=self.env, cwd=cwd or self.folder, capture_output=True, text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL)
        check(done.returncode == code, f"pawl {' '.join(words)} ends with {code}", f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr if code else done.stdout

    def start_daemon(self):
        self.daemon = subprocess.Popen(["pawld", "--foreground", "--state-dir", str(self.folder / "state"), "--socket", self.env["PAWL_SOCKET"]],
                                       env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE
        while subprocess.run(["pawl", "ping"], env=self.env, capture_output=True, check=False).returncode != 0:
            check(self.daemon.poll() is None and time.monotonic() < end, "the daemon answers")
            time.sleep(0.05)

    def close(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(DEADLINE)
        shutil.rmtree(self.folder, ignore_errors=True)


def templates(place):
    """Every template: made, clean for check and fmt, and each of its workflows runs to success."""
    names = place.pawl("init", "--list", "-o", "name").split()
    check(len(names) >= 8, "there are at least eight templates", names)
    for name in names:
        place.pawl("init", name, "-t", name)
        folder = place.folder / name
        place.pawl("check", "--strict", cwd=folder)
        place.pawl("fmt", "--check", cwd=folder)
        for file in sorted((folder / "flows").glob("*.yaml")):
            run = json.loads(place.pawl("run", "--local", f"flows/{file.name}", "-o", "json", "--progress", "plain", cwd=folder))
            check(run["status"] == "succeeded", f"{name}: {file.name} succeeds", run)
        before = {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}
        place.pawl("init", name, "-t", name, code=6)
        check(before == {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}, "a second init changes nothing")
    print(f"{len(names)} templates made, checked and run")


def release_goes_back(place):
    """The way back of one template: a release that fails its test leaves the one before live."""
    folder = place.folder / "deploy-with-rollback"
    live = os.readlink(folder / "srv/current")
    place.pawl("run", "--local", "flows/release.yaml", "-i", "artifact=scripts", cwd=folder, code=1)
    check(os.readlink(folder / "srv/current") == live, "the release before is live again")


def new_and_fmt(place):
    file = place.folder / "skeleton.yaml"
    place.pawl("new", "workflow", "skeleton", str(file))
    place.pawl("run", "--local", str(file))
    tidy = file.read_text()
    file.write_text("\n".join(("  " + line if line[:1] in "-" else line) + ("  " if line.endswith(":") else "") for line in tidy.splitlines()) + "\n\n\n")
    place.pawl("fmt", "--check", str(file), code=10)
    check("@@" in place.pawl("fmt", "--diff", str(file)), "fmt --diff prints a patch")
    place.pawl("fmt", str(file))
    check(file.read_text() == tidy, "fmt restores the skeleton", file.read_text())


def workflow(name, command):
    return f"kind: workflow\nname: {name}\nsteps:\n  - id: a\n    run: {command}\n"


def plan_and_deploy(place):
    project = place.folder / "shop"
    place.pawl("init", "shop")
    (project / "flows/hello.yaml").unlink()
    for name in ("one", "two", "three"):
        (project / f"{name}.yaml").write_text(workflow(name, "echo 1"))
    text = place.pawl("plan", "-o", "p.plan", "--exit-code", cwd=project, code=10)
    check("+ workflow one@1 added" in text and "plan: 3 added" in text, "a plan names what is added", text)
    place.pawl("deploy", "p.plan", cwd=project)
    place.pawl("plan", "--exit-code", cwd=project)
    place.pawl("diff", "--exit-code", cwd=project)

    # One changed, one gone, one untouched; and a live run of the changed one.
    (project / "one.yaml").write_text(workflow("one", "sleep 3000"))
    place.pawl("deploy", "one.yaml", cwd=project)
    run = place.pawl("run", "one", "-d").split()[-1]
    (project / "one.yaml").write_text(workflow("one", "echo 3") + "  - id: b\n    run: echo b\n")
    (project / "two.yaml").unlink()
    text = place.pawl("plan", "-o", "p.plan", cwd=project)
    check("~ workflow one@3 changed" in text and "step 'b' added" in text and "1 live run stays on version 2" in text, "a plan has sentences and live runs", text)
    check("- workflow two@1 retired" in text and "three" not in text, "a plan names what is retired", text)
    check("+  - id: b" in place.pawl("diff", "--text", cwd=project), "diff --text is a patch")
    place.pawl("diff", "--exit-code", cwd=project, code=10)

    # A name that stands twice is refused, whether its text is a new one or that of the active version.
    for command in ("echo 1", "echo other"):
        (project / "again.yaml").write_text(workflow("three", command))
        text = place.pawl("plan", cwd=project, code=1)
        check("workflow 'three' is defined twice" in text, "a plan finds doubled names", text)
    (project / "again.yaml").unlink()

    # Stale by a file, stale by a deploy that came between, and then fresh.
    (project / "three.yaml").write_text(workflow("three", "echo 3"))
    text = place.pawl("deploy", "p.plan", cwd=project, code=6)
    check("plan_stale" in text and "'three.yaml' has changed" in text, "a changed file makes a plan stale", text)
    place.pawl("plan", "-o", "p.plan", cwd=project)
    other = place.folder / "other.yaml"
    other.write_text(workflow("three", "echo other"))
    place.pawl("deploy", str(other))
    text = place.pawl("deploy", "p.plan", cwd=project, code=6)
    check("plan_stale" in text and "version 2 of 'three' is active" in text, "a deploy between makes a plan stale", text)
    check("two" in place.pawl("workflow", "ls", "-o", "name"), "a stale plan does nothing")
    place.pawl("plan", "-o", "p.plan", cwd=project)
    place.pawl("deploy", "p.plan", cwd=project)
    check(place.pawl("workflow", "ls", "-o", "name").split() == ["one", "three"], "what is gone is retired")
    place.pawl("run", "two", code=3)
    place.pawl("cancel", run, "--now")

    # A deploy of the folder asks before it retires; without a terminal it wants --yes.
    (project / "three.yaml").unlink()
    check("Retire" in place.pawl("deploy", ".", cwd=project, code=2), "a deploy asks before it retires")
    place.pawl("deploy", ".", "--yes", cwd=project)
    check(place.pawl("workflow", "ls", "-o", "name").split() == ["one"], "--yes answers")


CALLER = "kind: workflow\nname: {}\nsteps:\n  - {{id: s, uses: workflow/{}, with: {{x: 1}}}}\n  - {{id: t, run: 'true', env: {{V: \"${{{{ string(steps.s.outputs.v) }}}}\"}}}}\n"
CALLEE = "kind: workflow\nname: callee\ninputs: {%s}\nsteps: [{id: a, run: 'true'}]\noutputs: {%s: \"${{ inputs.x }}\"}\n"


def used_workflows(place):
    """What an active workflow uses stays, and stays as it needs it, whoever deploys."""
    folder = place.folder / "family"
    folder.mkdir()
    texts = {"caller": CALLER.format("caller", "callee"), "callee": CALLEE % ("x: int", "v"), "wider": CALLEE % ("x: int, y: {type: int, default: 2}", "v"),
             "asking": CALLEE % ("x: int, y: int", "v"), "silent": CALLEE % ("x: int", "w"), "lost": CALLER.format("lost", "nowhere")}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    check("there is no workflow 'nowhere'" in place.pawl("deploy", "lost.yaml", code=1, cwd=folder), "a workflow that is nowhere is told")
    place.pawl("deploy", "caller.yaml", "callee.yaml", cwd=folder)
    for name, word in {"asking": "needs the input 'y'", "silent": "no such field 'v'"}.items():
        told = place.pawl("deploy", f"{name}.yaml", code=1, cwd=folder)
        check("workflow 'caller', which is active, would no longer fit" in told and word in told, "a misfit is told", told)
    place.pawl("deploy", "wider.yaml", cwd=folder)
    place.pawl("run", "caller")
    check(json.loads(place.pawl("inspect", "last", "-o", "json"))["workflow"] == "caller", "last is what people started")
    check("'caller' uses 'callee'" in place.pawl("workflow", "rm", "callee", "--yes", code=6), "what is used is not removed")


def rollback(place):
    place.pawl("rollback", "one@1")
    versions = json.loads(place.pawl("workflow", "versions", "one", "-o", "json"))["items"]
    check([v["version"] for v in versions if v["active"]] == [1] and len(versions) == 3, "an older version is active, and none was made", versions)
    check("echo 1" in place.pawl("inspect", "one", "-o", "json"), "it has the older text")
    place.pawl("run", "one")
    place.pawl("rollback", "one@1", code=6)
    place.pawl("rollback", "one@9", code=3)
    text = place.pawl("diff", "one@1", "one@3")
    check("~ workflow one changed  one@1 -> one@3" in text and "step 'b' added" in text, "diff compares versions", text)
    text = place.pawl("plan", cwd=place.folder / "shop")
    check("undoes the rollback to version 1" in text, "plan says that it would undo the rollback", text)
    audit = place.pawl("audit", "ls", "-o", "json")
    check('"workflow.rollback"' in audit and "workflow/one@1" in audit, "a rollback is audited", audit[:500])
    place.daemon.terminate()
    place.daemon.wait(DEADLINE)
    place.start_daemon()
    versions = json.loads(place.pawl("workflow", "versions", "one", "-o", "json"))["items"]
    check([v["version"] for v in versions if v["active"]] == [1], "a restart keeps the rollback", versions)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("bin")
    arguments.parse_args()
    place = Place()
    try:
        templates(place)
        release_goes_back(place)
        new_and_fmt(place)
        place.start_daemon()
        plan_and_deploy(place)
        rollback(place)
        used_workflows(place)
    finally:
        place.close()
    print(f"{checks} checks passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
