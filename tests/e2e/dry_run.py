"""`pawl run --dry FILE` and `pawl test` have no side effect: they run under a filter of the kernel that kills whoever makes a process, a
socket or a file, or opens one to write. The filter is tried first on `pawl run --local`, which must not survive it."""
import ctypes
import os
import pathlib
import platform
import signal
import struct
import subprocess
import sys
import tempfile

KILL, ALLOW = 0x80000000, 0x7FFF0000  # SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW
ARCH_X86_64 = 0xC000003E
WRITING = 0x1 | 0x2 | 0x40 | 0x200    # O_WRONLY O_RDWR O_CREAT O_TRUNC
# socket connect socketpair clone fork vfork clone3; mkdir mkdirat unlink unlinkat rename renameat renameat2 link symlink mknod creat truncate
FORBIDDEN = [41, 42, 53, 56, 57, 58, 435, 83, 258, 87, 263, 82, 264, 316, 86, 88, 133, 85, 76]
OPEN, OPENAT = 2, 257
WORKFLOW = """kind: workflow
name: w
inputs: {region: {type: string, default: eu}}
steps:
  - {id: build, foreach: "['a', 'b']", argv: [touch, "${{ item }}"], retry: {max_attempts: 2}, on_crash: fail}
  - {id: size, run: "touch made; echo n=1 >> $PAWL_OUTPUT", outputs: {n: int}, env: {REGION: "${{ inputs.region }}"}}
  - {id: gate, uses: approve, with: {prompt: "Go?"}}
  - {id: rest, uses: wait, with: {for: 24h}}
  - {id: last, if: steps.size.outputs.n > 5, run: touch last}
"""
TEST = """kind: test
name: t
target: workflow/w
cases: [{name: one, mock: {build: {}, size: {outputs: {n: 7}}, gate: {approved: true}, last: {}}, expect: {status: succeeded}}]
"""


def statement(code, k, jump_true=0, jump_false=0):
    return struct.pack("HBBI", code, jump_true, jump_false, k)


def filter_program():
    load, equal, bits, give = 0x20, 0x15, 0x54, 0x06
    program = [statement(load, 4), statement(equal, ARCH_X86_64, 1, 0), statement(give, KILL), statement(load, 0)]
    for number in FORBIDDEN:
        program += [statement(equal, number, 0, 1), statement(give, KILL)]
    for number, offset in ((OPEN, 24), (OPENAT, 32)):
        program += [statement(equal, number, 0, 5), statement(load, offset), statement(bits, WRITING), statement(equal, 0, 1, 0),
                    statement(give, KILL), statement(give, ALLOW)]
    return b"".join(program + [statement(give, ALLOW)]), len(program) + 1


def forbid_side_effects():
    """Between fork and exec."""
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("statements", ctypes.c_void_p)]

    code, length = filter_program()
    buffer = ctypes.create_string_buffer(code, len(code))
    program = Program(length, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.byref(program), 0, 0) != 0:  # NO_NEW_PRIVS, SECCOMP filter
        os._exit(77)


def run(command, folder):
    home = {"HOME": folder, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=folder, env=home, preexec_fn=forbid_side_effects, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def expect(condition, what, done):
    if not condition:
        print(f"{what}\n{done.args}: {done.returncode}\n{done.stdout}{done.stderr}")
        sys.exit(1)


def main():
    pawl = os.path.abspath(os.path.join(sys.argv[1], "pawl"))
    if platform.machine() != "x86_64":
        print("skipped: the filter is written for x86_64")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("w.yaml", WORKFLOW), ("t.yaml", TEST)):
            (pathlib.Path(folder) / name).write_text(text)
        local = run([pawl, "run", "--local", "w.yaml"], folder)
        if local.returncode == 77:
            print("skipped: this kernel allows no filter")
            return 77
        expect(local.returncode == -signal.SIGSYS, "the filter lets a run with a private daemon through", local)
        before = sorted(os.listdir(folder))

        dry = run([pawl, "run", "--dry", "w.yaml", "-i", "region=us", "--mock", "{size: {outputs: {n: 7}}}"], folder)
        expect(dry.returncode == 0, "a dry run failed", dry)
        for line in ("touch b", "REGION=us", "touch last", "succeeded after 24h"):
            expect(line in dry.stdout, f"a dry run does not tell '{line}'", dry)
        expect("1 test: 1 passed, 0 failed" in (tested := run([pawl, "test"], folder)).stderr, "a test failed", tested)
        expect(sorted(os.listdir(folder)) == before, "there are other files than before", dry)
    print("3 passed, 0 failed")
    return 0


sys.exit(main())
