"""Builds the image of deploy/Containerfile with buildah, and runs it as its configuration says, without a shell.

    container.py FILE.deb

No registry is needed: the first stage is a Debian made by debootstrap, and the last one has only what the packages libc6 and
libgcc-s1 contain, and the authorities of certificates, as gcr.io/distroless/cc-debian12 does. All of it is in a root that is thrown away.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import time

import throw_away_root

HERE = pathlib.Path(__file__).parent
CONTAINERFILE = HERE.parents[1] / "deploy/Containerfile"
BUILDAH = ["buildah", "--storage-driver", "vfs"]


def main():
    throw_away_root.enter(__file__, sys.argv[1:])
    root = throw_away_root.Root()
    try:
        install(root)
    except SystemExit as error:
        print(f"skipped: apt has no buildah or debootstrap here: {str(error).splitlines()[-1]}")
        return
    bases(root)
    image = build(root, pathlib.Path(sys.argv[1]))
    print("ok  the image is built", flush=True)
    run(root, image)
    print("ok  it serves as its user, without a shell, and its health check answers", flush=True)


def install(root):
    missing = [name for name in ("buildah", "debootstrap") if not shutil.which(name)]
    if missing:
        root.run("apt-get", "update")
        root.run("apt-get", "install", "--yes", "--no-install-recommends", *missing)


def bases(root):
    """The images `debian` and `base`."""
    release = (root.path / "etc/os-release").read_text().partition("VERSION_CODENAME=")[2].split()[0]
    root.run("debootstrap", "--variant=minbase", release, "/var/tmp/debian", mirror(root))
    listed = root.run("chroot", "/var/tmp/debian", "dpkg", "-L", "libc6", "libgcc-s1", "base-files").splitlines()
    files = [file for file in listed if not (root.path / "var/tmp/debian" / file.lstrip("/")).is_dir()]
    # The folders that are links, such as /lib64.
    links = ["/lib", "/lib64", "/tmp"]
    root.write("tmp/files", "".join(f".{file}\n" for file in [*links, *files]))
    root.run("mkdir", "-p", "/var/tmp/base/usr/lib", "/var/tmp/base/usr/lib64")
    root.run("sh", "-c", "cd /var/tmp/debian && tar -cf - --no-recursion --ignore-failed-read -T /tmp/files | tar -xf - -C /var/tmp/base")
    # distroless has the authorities of ca-certificates, too; this machine's are as good.
    certificates = "/var/tmp/base/etc/ssl/certs"
    root.run("mkdir", "-p", certificates)
    root.run("cp", "/etc/ssl/certs/ca-certificates.crt", certificates)
    assert not (root.path / "var/tmp/base/bin/sh").exists() and not (root.path / "var/tmp/base/usr/bin/sh").exists()
    for name in ("debian", "base"):
        root.write(f"tmp/{name}", "FROM scratch\nCOPY . /\n")
        root.run(*BUILDAH, "build", "--isolation", "chroot", "-f", f"/tmp/{name}", "-t", name, f"/var/tmp/{name}")


def mirror(root):
    """The first mirror of this machine's own sources."""
    sources = [root.path / "etc/apt/sources.list", *sorted((root.path / "etc/apt/sources.list.d").glob("*"))]
    lines = [line for file in sources if file.exists() for line in file.read_text().splitlines()]
    for word in " ".join(line for line in lines if not line.startswith("#")).split():
        if word.startswith("http") and "debian" in word and "security" not in word:
            return word
    return "http://deb.debian.org/debian"


def build(root, package):
    (root.path / "var/tmp/context").mkdir()
    shutil.copy(package, root.path / "var/tmp/context")
    shutil.copy(CONTAINERFILE, root.path / "tmp/Containerfile")
    root.run(*BUILDAH, "build", "--isolation", "chroot", "--format", "docker", "--build-arg", "DEBIAN=localhost/debian",
             "--build-arg", "BASE=localhost/base", "-f", "/tmp/Containerfile", "-t", "swaparoo", "/var/tmp/context")
    container = root.run(*BUILDAH, "from", "localhost/swaparoo").split()[-1]
    return container


def run(root, container):
    config = json.loads(root.run(*BUILDAH, "inspect", container))["Docker"]["config"]
    files = root.run(*BUILDAH, "mount", container).split()[-1]
    assert sorted(config["Volumes"]) == ["/var/cache/swaparoo", "/var/lib/swaparoo"], config
    # A configuration of the operator's own, as from a volume.
    settings = root.path / files.lstrip("/") / "etc/swaparoo/swaparoo.toml"
    settings.write_text(settings.read_text().replace("#embedded = ", "embedded = "))
    placement = root.path / files.lstrip("/") / "var/lib/swaparoo/placement.json"
    placement.write_text(throw_away_root.PLACEMENT)
    root.run("chown", config["User"], f"{files}/var/lib/swaparoo/placement.json")
    start = lambda *words: root.command("chroot", f"--userspec={config['User']}", files, *words)
    environment = dict(word.split("=", 1) for word in config["Env"])
    service = subprocess.Popen(start(*config["Entrypoint"], *config["Cmd"]), env=environment)
    try:
        health = config["Healthcheck"]["Test"]
        assert health[0] == "CMD", health
        for _ in range(600):
            asked = subprocess.run(start(*health[1:]), env=environment, capture_output=True, text=True)
            if asked.returncode == 0 or service.poll() is not None:
                break
            time.sleep(0.1)
        assert "standard" in asked.stdout, asked
        journal = root.path / files.lstrip("/") / "var/lib/swaparoo/journal.db"
        assert journal.stat().st_uid == 65532, journal.stat()
    finally:
        service.terminate()
    assert service.wait(30) == 0


if __name__ == "__main__":
    main()
