# A step sees the documented variables, /dev/null as its stdin, and nothing of the daemon: neither environment nor descriptors.
import json
import os
import pwd

from kit import Daemon, Probe, check, finish

LEAKS = {"SECRET_OF_THE_DAEMON": "canary-7f3a", "LD_LIBRARY_PATH": "/nowhere", "BASH_ENV": "/nowhere", "NOTIFY_SOCKET": "/nowhere", "LISTEN_FDS": "", "PAWL_OUTPUT": "/nowhere",
         "PAWL_RUN": "999", "PAWL_RESUME": "1", "PYTHONPATH": "/nowhere", "TMPDIR": os.environ.get("TMPDIR", "/tmp"), "LANG": "xx_XX", "HOME": "/nowhere", "USER": "nobody", "IFS": "x", "ENV": "/x",
         "PATH": os.environ["PATH"]}
SYSTEM = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR"}
OWN = {"PAWL_OUTPUT", "PAWL_EVENT", "PAWL_RUN", "PAWL_WORKFLOW", "PAWL_STEP", "PAWL_ATTEMPT_NUMBER", "PAWL_ATTEMPT", "PAWL_IDEMPOTENCY_KEY", "PAWL_STATE_DIR", "PAWL_SOCKET"}

leaked = [os.open("/etc/passwd", os.O_RDONLY) for _ in range(5)]  # descriptors that whoever starts the daemon forgot to close
for fd in leaked:
    os.set_inheritable(fd, True)
daemon = Daemon(environment=LEAKS)
daemon.start(close_fds=False)
probe = Probe(daemon.folder)


def look(step, what, declared=(), **event):
    argv = probe.argv()
    script = {"run": " ".join(f"'{a}'" for a in argv)} if "shell" in step else {"argv": argv}
    answer = daemon.deploy({"kind": "workflow", "name": "look", "steps": [{"id": "a", **script, **step}]})
    if not check(answer.status == 200, what + ": is deployed", answer):
        return None
    run = daemon.run("look")
    seen = probe.seen()
    if not check(seen is not None, what + ": the step ran", run["steps"]):
        return None
    environment = {k: bytes.fromhex(v).decode() for k, v in seen["env"].items()}
    shells = {"PWD", "SHLVL", "_", "OLDPWD"} if "shell" in step else set()
    check(set(environment) - shells == SYSTEM | OWN | set(declared), what + ": exactly the documented variables",
          sorted((set(environment) - shells) ^ (SYSTEM | OWN | set(declared))))
    check("canary-7f3a" not in json.dumps(environment), what + ": nothing of the daemon's environment")
    me = pwd.getpwuid(os.getuid())
    check(environment.get("HOME") == me.pw_dir and environment.get("USER") == me.pw_name == environment.get("LOGNAME"), what + ": HOME and USER are those of the uid", environment)
    check(environment.get("LANG") != "xx_XX" and environment.get("PATH") != LEAKS["PATH"], what + ": LANG and PATH are pawl's own", environment)
    check(environment.get("PAWL_RUN") == str(run["id"]) and environment.get("PAWL_WORKFLOW") == "look" and environment.get("PAWL_STEP") == "a"
          and environment.get("PAWL_ATTEMPT_NUMBER") == "1", what + ": run, workflow, step and attempt are told", environment)
    check(environment.get("PAWL_SOCKET") == daemon.socket, what + ": the socket is told", environment.get("PAWL_SOCKET"))
    check(os.path.isdir(environment.get("PAWL_STATE_DIR", "")) and os.stat(environment["PAWL_STATE_DIR"]).st_mode & 0o77 == 0, what + ": the step has a private folder")
    fds = {int(fd): target for fd, target in seen["descriptors"].items()}
    fds.pop(max(fds, default=0) if max(fds, default=0) > 2 and fds[max(fds)].startswith("/proc/") else -1, None)  # the listing itself
    check(set(fds) == {0, 1, 2}, what + ": no descriptor but 0, 1 and 2", fds)
    check(fds.get(0) == "/dev/null", what + ": stdin is /dev/null", fds.get(0))
    return environment


for round_ in range(3):  # a fresh shim, and one that is used again
    look({}, f"argv, use {round_ + 1} of the shim")
look({"shell": "sh"}, "sh")
look({"shell": "bash"}, "bash")
argv = probe.argv()
daemon.deploy({"kind": "workflow", "name": "mine", "env": {"WIDE": "w", "BOTH": "w"}, "steps": [{"id": "a", "argv": argv, "env": {"MINE": "x", "BOTH": "s", "LANG": "de_DE.UTF-8"}}]})
daemon.run("mine")
environment = {k: bytes.fromhex(v).decode() for k, v in (probe.seen() or {"env": {}})["env"].items()}
check((environment.get("MINE"), environment.get("WIDE"), environment.get("BOTH"), environment.get("LANG")) == ("x", "w", "s", "de_DE.UTF-8"),
      "declared variables are laid over the others", environment)
for name in ("PAWL_X", "PAWL_OUTPUT", "a", "A-B", "A=B", "1A", "A B", "", "Ä"):
    answer = daemon.deploy({"kind": "workflow", "name": "bad", "steps": [{"id": "a", "argv": ["/bin/true"], "env": {name: "x"}}]}, dry_run=True)
    check(answer.status == 422 and "invalid_name" in answer.message, f"the variable '{name}' is refused", answer)
for name in ("LD_PRELOAD", "LD_X", "BASH_ENV", "ENV", "IFS", "PATH"):
    answer = daemon.deploy({"kind": "workflow", "name": "bad", "inputs": {"s": "string"}, "steps": [{"id": "a", "argv": ["/bin/true"], "env": {name: "${{ inputs.s }}"}}]}, dry_run=True)
    check(answer.status == 422 and "from outside" in answer.message, f"{name} takes no value from outside", answer)
# Through an indirection that carries the taint: a var, the workflow's own env, an output.
for name, top, step in (("a var", {"vars": {"v": "${{ inputs.s }}"}}, {"env": {"LD_PRELOAD": "${{ vars.v }}"}}),
                        ("the workflow's env", {"env": {"LD_PRELOAD": "${{ inputs.s }}"}}, {}),
                        ("env of env", {"env": {"X": "${{ inputs.s }}"}}, {"env": {"PATH": "${{ env.X }}"}}),
                        ("a longer text", {}, {"env": {"PATH": "/bin:${{ inputs.s }}"}}),
                        ("an event", {}, {"env": {"BASH_ENV": "${{ string(event.data) }}"}})):
    answer = daemon.deploy({"kind": "workflow", "name": "bad", "inputs": {"s": "string"}, **top, "steps": [{"id": "a", "argv": ["/bin/true"], **step}]}, dry_run=True)
    check(answer.status == 422, f"a steering variable takes no value from outside by {name}", answer)
# exec takes no variables of pawl's own either.
answer = daemon.post("/v1/exec", {"argv": ["/bin/true"], "dir": "/", "env": {"PAWL_OUTPUT": "/x"}})
check(answer.status in (400, 422), "exec refuses PAWL_OUTPUT", answer)
check(daemon.stop(), "the daemon ends in order", daemon.log[-500:])
daemon.remove()
finish()
