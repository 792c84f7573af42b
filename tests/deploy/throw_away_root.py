"""A root file system that is this machine's, and whose changes are thrown away: an overlay in a private mount namespace.

So a test installs and purges a package for real, and this machine does not notice it.
"""
import os
import pathlib
import shutil
import subprocess
import sys

# A Placement without providers, for placement.embedded (`swaparoo placement --state FILE` writes such a file).
PLACEMENT = '{"version": 1, "resource_classes": [], "providers": {}, "consumers": {}}'
MARK = "SWAPAROO_THROW_AWAY_ROOT"
INSIDE = "mount --make-rprivate / && exec \"$@\""


def enter(script, arguments):
    """Runs the script again in a mount namespace of its own, or says why that cannot be and ends with success."""
    if MARK in os.environ:
        return
    if os.geteuid() != 0 or not shutil.which("unshare"):
        print("skipped: this test needs root and unshare")
        sys.exit(0)
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", INSIDE, "sh"]
    command += [sys.executable, "-B", script, *arguments]
    sys.exit(subprocess.run(command, env={**os.environ, MARK: "1"}).returncode)


class Root:
    """The root. `upper` has what was changed in it."""

    def __init__(self):
        base = pathlib.Path("/mnt")
        mount("-t", "tmpfs", "tmpfs", base)
        self.upper, self.work, self.path = (base / name for name in ("upper", "work", "root"))
        for folder in (self.upper, self.work, self.path):
            folder.mkdir()
        layers = f"lowerdir=/,upperdir={self.upper},workdir={self.work}"
        if mount("-t", "overlay", "overlay", "-o", layers, self.path, check=False) != 0:
            print("skipped: no overlay of / can be mounted here")
            sys.exit(0)
        mount("-t", "proc", "proc", self.path / "proc")
        mount("--rbind", "/dev", self.path / "dev")
        for folder in ("run", "tmp"):
            mount("-t", "tmpfs", "tmpfs", self.path / folder)
        # Each installation would make the index of all man pages again.
        (self.path / "var/lib/man-db/auto-update").unlink(missing_ok=True)
        # Installed packages must not start services.
        self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)

    def see(self, folder):
        """Makes a folder visible at its path, read-only, also if it is on another file system."""
        there = self.path / str(folder).lstrip("/")
        there.mkdir(parents=True, exist_ok=True)
        mount("--bind", folder, there)
        mount("-o", "remount,bind,ro", there)

    def write(self, name, text, mode=0o644):
        file = self.path / name
        file.write_text(text)
        file.chmod(mode)

    def command(self, *words):
        return ["chroot", str(self.path), *map(str, words)]

    def run(self, *words, expect=0, **options):
        """Runs a program in the root and returns its output, of both kinds."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        ran = subprocess.run(self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env=environment, stdin=subprocess.DEVNULL, **options)
        if ran.returncode != expect:
            raise SystemExit(f"{' '.join(map(str, words))} ended with {ran.returncode}, not {expect}:\n{ran.stdout}")
        return ran.stdout

    def changed(self, name):
        """The files and folders whose names contain this, of all that was added or changed."""
        found = (path.relative_to(self.upper) for path in self.upper.rglob(f"*{name}*"))
        # A deleted file is a character device in the upper folder.
        return sorted(str(path) for path in found if not (self.upper / path).is_char_device())


def mount(*words, check=True):
    return subprocess.run(["mount", *map(str, words)], check=check).returncode
