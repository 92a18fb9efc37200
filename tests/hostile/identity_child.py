# Children that are another user for good: what they do is done with that user's credentials.
import json
import os
import socket


def become(uid):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def as_user(uid, action):
    """The JSON that `action` returns in a child that is `uid`."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            become(uid)
            told = json.dumps(action())
        except BaseException as error:  # the child must never go on as the test
            told = json.dumps({"error": repr(error)})
        os.write(write, told.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told)


class hold:
    """A child that opens connections as `uid` and keeps those that are not turned away until release()."""

    def __init__(self, uid, path, wanted):
        told, tell = os.pipe()
        wait, go = os.pipe()
        self.child, self.go = os.fork(), go
        if self.child == 0:
            try:
                os.close(go)
                os.close(told)
                become(uid)
                os.write(tell, str(self.connect(path, wanted)).encode() + b"\n")
                os.read(wait, 1)
            finally:
                os._exit(0)
        os.close(tell)
        os.close(wait)
        with os.fdopen(told) as pipe:
            self.count = int(pipe.readline() or -1)

    def connect(self, path, wanted):
        self.streams = []
        for _ in range(wanted):
            stream = socket.socket(socket.AF_UNIX)
            stream.settimeout(30)
            try:
                stream.connect(path)
                stream.sendall(b"GET /v1/ping HTTP/1.1\r\nHost: pawl\r\n\r\n")
                if stream.recv(4096).startswith(b"HTTP/1.1 403"):
                    self.streams.append(stream)
            except OSError:
                pass
        return len(self.streams)

    def release(self):
        os.write(self.go, b"x")  # an end of file would not do: later children hold this pipe too
        os.close(self.go)
        os.waitpid(self.child, 0)
