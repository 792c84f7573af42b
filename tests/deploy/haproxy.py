"""What HAProxy does with the files that a deployment rendered: it accepts them, and goes from the proxies to Placement and back."""
import csv
import io
import socket
import subprocess
import time
import urllib.request


def check(root, cloud, vip, addresses):
    """HAProxy accepts the files; of Placement's servers the first is a proxy, and all others are its backups."""
    root.run("haproxy", "-c", *file_options(cloud))
    said = "\n".join(file.read_text() for file in sorted((cloud.home / "out").rglob("*.cfg")))
    found = backends(said)
    placement = next(lines for name, lines in found.items() if name in ("placement_api_back", "placement-back"))
    assert len(placement) == 6, placement
    assert f"{addresses[0]}:8781" in placement[0] and " backup" not in placement[0], placement
    assert all(" backup" in line for line in placement[1:]), placement
    assert [":8781 " in line for line in placement] == [True] * 3 + [False] * 3, placement
    assert [" ssl" in line for line in placement] == [False] * 3 + [cloud.tls] * 3, placement
    direct = next(lines for name, lines in found.items() if name.startswith("placement_direct"))
    assert len(direct) == 3 and all(":8780 " in line and " backup" not in line for line in direct), direct
    api = next(lines for name, lines in found.items() if name.startswith("swaparoo"))
    assert len(api) == 3 and all(":8785 " in line and " ssl " in line for line in api), api
    for port in (8780, 8782, 8785):
        assert f"bind {vip}:{port}" in said, f"no frontend has port {port}:\n{said}"


# Servers of the rendered files that do not run at first.
ABSENT = ["swaparoo-control01", "swaparoo-control02", "swaparoo-control03", "control02", "control03"]


def fails_over(root, cloud, vip, address):
    """Runs HAProxy with Kolla-Ansible's files, a model of Placement, and a proxy that comes and goes."""
    root.run("install", "-d", "-o", "haproxy", "/var/lib/kolla/haproxy", "/var/lib/haproxy")
    root.write("tmp/token", "admin", 0o600)
    start = lambda *words: subprocess.Popen(root.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    placement = start("swaparoo", "placement", "--listen", f"{address}:8780")
    running = [placement, start("haproxy", "-db", *file_options(cloud))]
    stats = lambda: Stats(root.path / "var/lib/kolla/haproxy/haproxy.sock")
    try:
        # HAProxy believes that a server is there until a check has failed.
        until(lambda: all(stats().down("placement_api_back", name) for name in ABSENT))
        until(lambda: stats().up("placement_api_back", "control01"))
        assert served_by(stats, vip) == ["placement_api_back/control01"]
        proxy = start("swaparoo", "proxy", "--listen", f"{address}:8781", "--placement", f"http://{vip}:8782",
                      "--token-file", "/tmp/token", "--tcp", f"{address}:8786")
        running.append(proxy)
        until(lambda: stats().up("placement_api_back", "swaparoo-control01"))
        assert served_by(stats, vip) == ["placement_api_back/swaparoo-control01", "placement_direct_back/control01"]
        proxy.terminate()
        until(lambda: stats().down("placement_api_back", "swaparoo-control01"))
        assert served_by(stats, vip) == ["placement_api_back/control01"]
    finally:
        for process in running:
            process.terminate()
            process.wait(30)


def served_by(stats, vip):
    """The servers that got one more request, of one request to Placement's address."""
    before = stats().sessions
    with urllib.request.urlopen(f"http://{vip}:8780/", timeout=20) as answer:
        assert answer.status == 200, answer
    after = stats().sessions
    return sorted(name for name in after if after[name] > before.get(name, 0))


class Stats:
    """HAProxy's own statistics of its servers, without its health checks."""

    def __init__(self, path):
        self.states, self.sessions = {}, {}
        try:
            with socket.socket(socket.AF_UNIX) as asked:
                asked.connect(str(path))
                asked.sendall(b"show stat\n")
                text = b"".join(iter(lambda: asked.recv(65536), b"")).decode()
        except OSError:
            return
        for row in csv.DictReader(io.StringIO(text.removeprefix("# "))):
            if row["svname"] not in ("FRONTEND", "BACKEND"):
                name = f"{row['pxname']}/{row['svname']}"
                self.states[name], self.sessions[name] = row["status"], int(row["stot"] or 0)

    def up(self, backend, server):
        return self.states.get(f"{backend}/{server}", "").startswith("UP")

    def down(self, backend, server):
        return self.states.get(f"{backend}/{server}", "").startswith("DOWN")


def file_options(cloud):
    return [word for file in cloud.haproxy_files() for word in ("-f", file)]


def backends(text):
    """The lines of servers of each backend."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["backend"]:
            servers = found.setdefault(words[1], [])
        elif words[:1] == ["server"]:
            servers.append(line.strip())
    return found


def until(done):
    for _ in range(900):
        if done():
            return
        time.sleep(0.1)
    raise SystemExit("it did not happen in 90 s")
