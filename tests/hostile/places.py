# Something else in the place of a file of the daemon's: never followed, never written through; an error that names the place, or handled.
import os
import shutil
import socket
import subprocess

from kit import BIN, Daemon, check, finish, scratch

ROOT = os.getuid() == 0
NOBODY = 65534
FLOW = "kind: workflow\nname: w\nsteps: [{id: a, run: echo hello}]"


def fresh():
    """A daemon's folders as one session left them."""
    daemon = Daemon(arguments=["--user"]).start()
    daemon.deploy(FLOW)
    daemon.run("w")
    daemon.stop()
    return daemon


base = fresh()
FILES = sorted(f for f in os.listdir(base.state) if os.path.isfile(os.path.join(base.state, f)))
FOLDERS = sorted(f for f in os.listdir(base.state) if os.path.isdir(os.path.join(base.state, f)))
print("state folder:", FILES, FOLDERS)
check(len(FILES) >= 4 and "pawld.lock" in FILES, "the state folder has database, table, lock and reserve", FILES)


def copy():
    """A daemon on a copy of these folders."""
    daemon = Daemon(arguments=["--user"])
    shutil.copytree(base.state, daemon.state, symlinks=True)
    os.chmod(daemon.state, 0o700)
    return daemon


def victim(folder, content=b"precious\n"):
    """A file that belongs to somebody and must stay as it is."""
    path = os.path.join(folder, "victim")
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o644)
    return path


def state_of(path):
    info = os.lstat(path)
    with open(path, "rb") as file:
        return file.read(), info.st_mode, info.st_uid, info.st_nlink


def starts(daemon, what, named):
    """Starts; True when it became ready. Otherwise it must have ended with an error that names the place."""
    daemon.start(expect_ready=False)
    if daemon.is_ready():
        return True
    code = daemon.ended()
    check(code is not None and code > 0, what + ": the daemon ends with an error, not by a signal", (code, daemon.log[-400:]))
    check(os.path.basename(named) in daemon.log or named in daemon.log, what + ": the error names the place", daemon.log[-400:])
    return False


def works(daemon, what):
    answer = daemon.deploy(FLOW)
    if answer.status == 503 and "reserve" in what:
        return check("reserve.bin" in answer.message, what + ": nothing new is started, and the reason names the file", answer)
    if not check(answer.status == 200, what + ": the daemon that started works", answer):
        return
    check(daemon.run("w")["status"] == "succeeded", what + ": and runs steps")


def in_place_of(name, kind):
    what = f"{kind} in place of {name}"
    daemon = copy()
    place = os.path.join(daemon.state, name)
    original = open(place, "rb").read() if os.path.isfile(place) else b""
    target = victim(daemon.folder, original or b"precious\n")
    if os.path.lexists(place):
        os.remove(place)
    if kind == "symlink":
        os.symlink(target, place)
    elif kind == "dangling symlink":
        os.remove(target)
        os.symlink(target, place)
    elif kind == "FIFO":
        os.mkfifo(place, 0o600)
    elif kind == "hard link":
        os.link(target, place)
    elif kind == "folder":
        os.mkdir(place, 0o700)
    elif kind == "device":
        os.symlink("/dev/zero", place)
    elif kind == "foreign owner":
        shutil.copyfile(target, place)
        os.chown(place, NOBODY, NOBODY)
    elif kind == "wide mode":
        shutil.copyfile(target, place)
        os.chmod(place, 0o666)
    before = state_of(target) if os.path.exists(target) else None
    ready = starts(daemon, what, "pawl.db" if name.startswith("pawl.db") else name)
    if ready:
        works(daemon, what)
        daemon.stop()
    if kind == "dangling symlink":
        check(not os.path.exists(target), what + ": nothing was created through it")
    else:
        check(state_of(target)[0] == before[0], what + ": what lies behind it was not written", ready)
        check(state_of(target)[1] == before[1], what + ": its mode stays", ready)
    if ready and kind in ("foreign owner", "wide mode") and os.path.lexists(place):
        info = os.lstat(place)
        check(info.st_uid == os.getuid() and not info.st_mode & 0o077, what + ": refused, or made private again", (info.st_uid, oct(info.st_mode)))
    daemon.remove()


def logs_place(kind):
    """The folder under which outputs and logs are written."""
    for name in FOLDERS:
        what = f"{kind} in place of {name}/"
        daemon = copy()
        place, target = os.path.join(daemon.state, name), os.path.join(daemon.folder, "elsewhere")
        shutil.rmtree(place)
        os.mkdir(target, 0o755)
        if kind == "symlink":
            os.symlink(target, place)
        elif kind == "file":
            open(place, "w").close()
        elif kind == "foreign owner":
            os.mkdir(place, 0o700)
            os.chown(place, NOBODY, NOBODY)
        elif kind == "wide mode":
            os.mkdir(place)
            os.chmod(place, 0o777)
        if starts(daemon, what, name):
            answer = daemon.deploy(FLOW)
            if answer.status == 200:
                run = daemon.post("/v1/runs", {"workflow": "w", "inputs": {}}).json
                run = daemon.wait(run["id"])
                step = run["steps"][0]
                check(run["status"] == "succeeded" or step.get("message") or step.get("reason"), what + ": a run says what is wrong, or works", step)
            check(daemon.answers(), what + ": the daemon answers")
            daemon.stop()
        check(not os.listdir(target), what + ": nothing was written behind it", os.listdir(target))
        daemon.remove()


def state_folder():
    for kind in ("symlink", "file", "FIFO", "foreign owner", "writable by others", "writable by the group", "below a file"):
        if kind == "foreign owner" and not ROOT:
            continue
        daemon = copy()
        real = daemon.state + "-real"
        os.rename(daemon.state, real)
        if kind == "symlink":
            os.symlink(real, daemon.state)
        elif kind == "file":
            open(daemon.state, "w").close()
        elif kind == "FIFO":
            os.mkfifo(daemon.state)
        elif kind == "below a file":
            open(daemon.state, "w").close()
            daemon.state += "/below"
        else:
            os.rename(real, daemon.state)
            if kind == "foreign owner":
                os.chown(daemon.state, NOBODY, NOBODY)
            else:
                os.chmod(daemon.state, 0o707 if kind == "writable by others" else 0o720)
        check(not starts(daemon, f"state folder: {kind}", daemon.state), f"state folder: {kind}: is refused")
        daemon.remove()
    daemon = copy()
    os.chmod(daemon.state, 0o755)
    if starts(daemon, "state folder that others can read", daemon.state):
        works(daemon, "state folder that others can read")
        daemon.stop()
        wide = [f for d, _, fs in os.walk(daemon.state) for f in fs if os.lstat(os.path.join(d, f)).st_mode & 0o077]
        check(not wide, "in a state folder that others can read, no file can be read by them", wide)
    daemon.remove()


def socket_place():
    for kind in ("file", "symlink to a file", "dangling symlink", "FIFO", "folder", "symlink to a socket"):
        daemon = copy()
        target = victim(daemon.folder)
        other = None
        if kind == "file":
            shutil.copyfile(target, daemon.socket)
        elif kind == "symlink to a file":
            os.symlink(target, daemon.socket)
        elif kind == "dangling symlink":
            os.symlink(os.path.join(daemon.folder, "nowhere"), daemon.socket)
        elif kind == "FIFO":
            os.mkfifo(daemon.socket)
        elif kind == "folder":
            os.mkdir(daemon.socket)
        else:
            other = socket.socket(socket.AF_UNIX)
            other.bind(os.path.join(daemon.folder, "other.sock"))
            other.close()  # a dead socket: an unlink through the link would be the harm
            os.symlink(os.path.join(daemon.folder, "other.sock"), daemon.socket)
        before = os.lstat(daemon.socket)
        check(not starts(daemon, f"{kind} in place of the socket", daemon.socket), f"{kind} in place of the socket is refused")
        check(os.lstat(daemon.socket).st_ino == before.st_ino, f"{kind} in place of the socket stays as it is")
        check(state_of(target)[0] == b"precious\n", f"{kind} in place of the socket: nothing written behind it")
        check(not os.path.lexists(os.path.join(daemon.folder, "nowhere")), f"{kind} in place of the socket: nothing created behind it")
        daemon.remove()


def socket_length():
    folder = scratch()
    for length, good in ((107, True), (108, False), (109, False), (4000, False)):
        path = folder + "/" + "s" * (length - len(folder) - 1) if length < 300 else folder + "/" + "/".join(["d" * 100] * 39) + "/s"
        daemon = Daemon(arguments=["--user"], socket_path=path)
        daemon.start(expect_ready=False)
        if good:
            check(daemon.is_ready() and daemon.answers(), f"a socket path of {length} bytes works", daemon.log)
            daemon.stop()
        else:
            code = daemon.ended()
            check(code is not None and code > 0 and not daemon.is_ready(), f"a socket path of {length} bytes is refused", daemon.log)
            check("107" in daemon.log, f"the refusal of {length} bytes names the limit", daemon.log[-300:])
            short = [f for f in os.listdir(folder) if f.startswith("s")]
            check(not short, f"no truncated socket of {length} bytes is made", short)
        daemon.remove()
    shutil.rmtree(folder, ignore_errors=True)


def second_daemon():
    first = copy()
    first.start()
    same_state = Daemon(arguments=["--user"], state=first.state)
    check(not starts(same_state, "a second daemon on the state folder", first.state), "a second daemon on the state folder is refused")
    check(str(first.process.pid) in same_state.log, "it names the pid of the first", same_state.log)
    same_socket = Daemon(arguments=["--user"], socket_path=first.socket)
    check(not starts(same_socket, "a second daemon on the socket", first.socket), "a second daemon on the socket is refused")
    check(first.answers() and first.run("w")["status"] == "succeeded", "the first goes on undisturbed")
    first.kill()  # leaves its socket
    check(os.path.exists(first.socket), "a killed daemon leaves its socket file")
    again = Daemon(arguments=["--user"], folder=first.folder)
    again.start()
    works(again, "after the stale socket file")
    again.stop()
    check(not os.path.lexists(first.socket), "a daemon that ends removes its socket")
    # A foreign program that listens there is no stale file.
    foreign = socket.socket(socket.AF_UNIX)
    foreign.bind(first.socket)
    foreign.listen(1)
    check(not starts(again, "a foreign listener on the socket", first.socket), "a foreign listener on the socket is refused")
    foreign.close()
    for daemon in (same_state, same_socket, again):
        daemon.remove()


def while_it_runs():
    """Links that appear while the daemon works: the folders of the next run."""
    daemon = copy()
    daemon.start()
    run = daemon.run("w")
    target = os.path.join(daemon.folder, "elsewhere")
    os.mkdir(target)
    made = None
    for folder, folders, _ in os.walk(daemon.state):
        if str(run["id"]) in folders and not os.path.islink(folder):
            made = os.path.join(folder, str(run["id"] + 1))
            os.symlink(target, made)
            break
    if made:
        run = daemon.wait(daemon.post("/v1/runs", {"workflow": "w", "inputs": {}}).json["id"])
        check(not os.listdir(target), "a link in place of the next run's folder is not followed", (made, os.listdir(target)))
        step = run["steps"][0]
        check(run["status"] == "succeeded" or step.get("message"), "the run says what is wrong, or works", step)
        check(daemon.run("w")["status"] == "succeeded" and daemon.answers(), "the run after it works")
    else:
        print("no folder of a run's own was found: this part is left out")
    daemon.remove()


def client_paths():
    """`pawl` with something else in place of the socket: an error in words, at once."""
    folder = scratch()
    path = os.path.join(folder, "s")
    for kind in ("nothing", "file", "FIFO", "folder", "108 bytes", "dead socket"):
        at = path
        if kind == "file":
            open(path, "w").close()
        elif kind == "FIFO":
            os.mkfifo(path)
        elif kind == "folder":
            os.mkdir(path)
        elif kind == "108 bytes":
            at = folder + "/" + "s" * (107 - len(folder))
        elif kind == "dead socket":
            dead = socket.socket(socket.AF_UNIX)
            dead.bind(path)
            dead.close()
        done = subprocess.run([os.path.join(BIN, "pawl"), "--socket", at, "ping"], capture_output=True, timeout=60)
        check(done.returncode > 0 and done.stderr.strip(), f"pawl with {kind} in place of the socket fails in words", (done.returncode, done.stderr))
        if kind == "folder":
            os.rmdir(path)
        elif os.path.lexists(path):
            os.remove(path)
    shutil.rmtree(folder)


for name in FILES:
    for kind in ("symlink", "dangling symlink", "FIFO", "hard link", "folder", "device", "wide mode") + (("foreign owner",) if ROOT else ()):
        in_place_of(name, kind)
for name in ("pawl.db-wal", "pawl.db-shm", "pawl.db-journal"):  # which SQLite opens by itself
    for kind in ("symlink", "dangling symlink", "FIFO", "hard link", "folder"):
        in_place_of(name, kind)
for kind in ("symlink", "file", "wide mode") + (("foreign owner",) if ROOT else ()):
    logs_place(kind)
for part in (state_folder, socket_place, socket_length, second_daemon, while_it_runs, client_paths):
    part()
base.remove()
finish()
