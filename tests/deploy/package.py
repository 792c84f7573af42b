"""Installs the Debian package in a root that is thrown away, runs the service from it, upgrades it, and purges it.

    package.py FILE.deb

There is no systemd in the root, so the test does what the unit says: the user, the folders, the environment, ExecStart.
"""
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import throw_away_root

UNIT = "usr/lib/systemd/system/swaparoo.service"
CONFIG = "etc/swaparoo/swaparoo.toml"
# systemd-analyze's exposure from 0 (best) to 10, in tenths. It was 15.
EXPOSURE = 20


def main():
    throw_away_root.enter(__file__, sys.argv[1:])
    package = pathlib.Path(sys.argv[1])
    root = throw_away_root.Root()
    shutil.copy(package, root.path / "tmp/swaparoo.deb")
    for test in (installs, the_unit_is_hardened, runs_and_is_upgraded, purges, lintian):
        began = time.monotonic()
        test(root)
        print(f"ok  {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)


def installs(root):
    if not (root.path / "usr/sbin/adduser").exists():
        root.run("apt-get", "update")
    root.run("apt-get", "install", "--yes", "--no-install-recommends", "/tmp/swaparoo.deb")
    expect_owner(root, "etc/swaparoo", "root", "swaparoo", 0o750)
    expect_owner(root, CONFIG, "root", "swaparoo", 0o640)
    expect_owner(root, "var/lib/swaparoo", "swaparoo", "swaparoo", 0o700)
    for file in ["usr/share/man/man1/swaparoo-policy-push.1.gz", "usr/share/bash-completion/completions/swaparoo",
                 "usr/share/zsh/vendor-completions/_swaparoo", "usr/share/fish/vendor_completions.d/swaparoo.fish",
                 "usr/share/doc/swaparoo/THIRD-PARTY-LICENSES.txt", "usr/share/doc/swaparoo/docs/install.md", UNIT]:
        assert (root.path / file).stat().st_size > 0, file
    # It is not started and not enabled before it has a configuration.
    assert not (root.path / "etc/systemd/system/multi-user.target.wants/swaparoo.service").exists()
    said = as_service(root, "swaparoo", "doctor", "--config", f"/{CONFIG}", expect=2)
    assert "no cloud is named and OS_AUTH_URL is not set" in said, said


def the_unit_is_hardened(root):
    if not shutil.which("systemd-analyze"):
        print("skipped: there is no systemd-analyze")
        return
    said = root.run("systemd-analyze", "verify", f"/{UNIT}")
    assert said == "", said
    root.run("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}", f"/{UNIT}")


def runs_and_is_upgraded(root):
    config = root.path / CONFIG
    text = config.read_text()
    changed = text.replace("#embedded = ", "embedded = ")
    assert changed != text
    config.write_text(changed)
    placement = root.path / "var/lib/swaparoo/placement.json"
    placement.write_text(throw_away_root.PLACEMENT)
    root.run("chown", "swaparoo:swaparoo", "/var/lib/swaparoo/placement.json")
    # What RuntimeDirectory=, StateDirectory= and CacheDirectory= do.
    for folder in ("run/swaparoo", "var/cache/swaparoo"):
        root.run("install", "-d", "-m", "0700", "-o", "swaparoo", "-g", "swaparoo", f"/{folder}")
    assert settings(root, "User") == ["swaparoo"]
    as_service(root, "swaparoo", "doctor", "--config", f"/{CONFIG}")
    start = settings(root, "ExecStart")[0].split()
    service = subprocess.Popen(root.command(*service_user(root), *start), stderr=subprocess.PIPE)
    try:
        until(lambda: (root.path / "run/swaparoo/swaparoo.sock").exists())
        policies = as_service(root, "swaparoo", "policy", "list")
        assert "standard" in policies, policies
        expect_owner(root, "var/lib/swaparoo/journal.db", "swaparoo", "swaparoo", 0o600)
        upgrade(root)
        assert config.read_text() == changed, "an upgrade keeps the configuration"
        assert service.poll() is None, "an upgrade stops nothing"
        assert as_service(root, "swaparoo", "policy", "list") == policies
    finally:
        service.send_signal(signal.SIGTERM)
    said = service.stderr.read().decode()
    assert service.wait(30) == 0, said


def upgrade(root):
    """Installs a package of a later version with another configuration file."""
    root.run("dpkg-deb", "-R", "/tmp/swaparoo.deb", "/tmp/later")
    for file, old, new in [("DEBIAN/control", "\nVersion: ", "\nVersion: 1:"), (CONFIG, "[listen]", "# New.\n[listen]")]:
        later = root.path / "tmp/later" / file
        text = later.read_text()
        assert old in text
        later.write_text(text.replace(old, new, 1))
    root.run("dpkg-deb", "-Znone", "-b", "/tmp/later", "/tmp/later.deb")
    root.run("dpkg", "--force-confdef", "--force-confold", "--install", "/tmp/later.deb")
    assert root.run("dpkg-query", "-W", "-f", "${Version}", "swaparoo").startswith("1:")


def purges(root):
    root.write("etc/swaparoo/tokens", "read 0123456789abcdef\n", 0o600)
    said = root.run("dpkg", "--purge", "swaparoo")
    assert "/etc/swaparoo has files that the package did not install" in said, said
    expect_owner(root, "etc/swaparoo", "root", "root", 0o700)
    assert "swaparoo" not in (root.path / "etc/passwd").read_text()
    (root.path / "etc/swaparoo/tokens").unlink()
    root.run("apt-get", "install", "--yes", "/tmp/swaparoo.deb")
    root.run("dpkg", "--purge", "swaparoo")
    left = [path for path in root.changed("swaparoo") if not path.startswith(("var/log", "var/cache/apt", "var/cache/man", "root"))]
    # systemd's helper remembers nothing either.
    assert left == [], left


def lintian(root):
    try:
        root.run("apt-get", "install", "--yes", "--no-install-recommends", "lintian")
    except SystemExit as error:
        print(f"skipped: apt has no lintian here: {str(error).splitlines()[-1]}")
        return
    said = root.run("lintian", "--allow-root", "--fail-on", "error", "/tmp/swaparoo.deb")
    print(said, end="")


def service_user(root):
    """How systemd starts a program of the unit."""
    environment = settings(root, "Environment")
    return ["setpriv", "--reuid=swaparoo", "--regid=swaparoo", "--clear-groups", "--reset-env", "env", *environment]


def as_service(root, *words, **options):
    return root.run(*service_user(root), *words, **options)


def settings(root, key):
    lines = (root.path / UNIT).read_text().splitlines()
    return [line.removeprefix(f"{key}=") for line in lines if line.startswith(f"{key}=")]


def expect_owner(root, name, user, group, mode):
    of = (root.path / name).stat()
    ids = {line.split(":")[2]: line.split(":")[0] for line in (root.path / "etc/passwd").read_text().splitlines()}
    groups = {line.split(":")[2]: line.split(":")[0] for line in (root.path / "etc/group").read_text().splitlines()}
    found = (ids.get(str(of.st_uid)), groups.get(str(of.st_gid)), of.st_mode & 0o7777)
    assert found == (user, group, mode), f"{name}: {found[0]}:{found[1]} {found[2]:o}"


def until(done):
    for _ in range(600):
        if done():
            return
        time.sleep(0.05)
    raise SystemExit("it did not happen in 30 s")


if __name__ == "__main__":
    main()
