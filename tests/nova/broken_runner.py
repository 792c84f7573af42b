"""A misbehaving runner on a raw socket, over TCP or a Unix socket."""
import contextlib
import json
import socket
import threading

ID = "0badc0de-0000-0000-0000-00000000000d"


class Request:
    """A received request."""

    def __init__(self, head, body):
        self.method, self.path = head.split(b" ")[:2]
        self.head, self.body = head, body


class BrokenRunner:
    """`behave` is called with the connection and each request on it; when it returns, the connection is closed."""

    def __init__(self, behave, path=None, tls=None):
        self.requests = 0
        self._behave, self._tls = behave, tls
        if path is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.port = self._listener.getsockname()[1]
            self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(path)
            self._listener.listen()
            self.endpoint = path
        self._over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Stop it."""
        self._over.set()
        self._listener.close()

    def _accept(self):
        while not self._over.is_set():
            try:
                channel, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(channel,), daemon=True).start()

    def _serve(self, channel):
        # The client may close the connection at any time.
        with contextlib.suppress(OSError), contextlib.closing(channel):
            if self._tls is None:
                return self._answer(channel)
            with self._tls.wrap_socket(channel, server_side=True) as channel:
                self._answer(channel)

    def _answer(self, channel):
        request = _read(channel)
        if request is not None:
            self.requests += 1
            self._behave(channel, request)


def _read(channel):
    data = b""
    while b"\r\n\r\n" not in data:
        more = channel.recv(65536)
        if not more:
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while length and len(body) < length[0]:
        body += channel.recv(65536)
    return Request(head, body)


# ---- behaviours ----

def says(body=b"", status=200, **headers):
    """Give the same answer to every request."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status} x", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    whole = "\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1") + body
    return lambda channel, request: channel.sendall(whole)


def sends(*parts):
    """Send these bytes."""
    return lambda channel, request: channel.sendall(b"".join(parts))


def drips(start, over, byte=b" "):
    """Send these bytes, then one more every tenth of a second, until `over` is set."""
    def behave(channel, request):
        channel.sendall(start)
        while not over.wait(0.1):
            channel.sendall(byte)
    return behave


def floods(start, part, over):
    """Send these bytes, then this part repeatedly."""
    def behave(channel, request):
        channel.sendall(start)
        while not over.is_set():
            channel.sendall(part)
    return behave


def holds(over):
    """Accept the request, and never answer."""
    return lambda channel, request: over.wait(60)


def task(state="running", **fields):
    """A task in the runner's form, with the given changes."""
    usual = {
        "id": ID, "kind": "move", "state": state, "outcome": None, "failure": None, "parked": None, "waiting_for": [],
    }
    return {**usual, **fields}


def asks(*effects, first=0):
    """A task that waits for answers to these effects."""
    waiting = [{"kind": "reply", "index": first + n, "effect": effect} for n, effect in enumerate(effects)]
    return task("waiting", waiting_for=waiting)
