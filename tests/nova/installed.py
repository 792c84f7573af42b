"""The package as an operator has it: a wheel, installed beside nova, and started by its scripts."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import os
import pickle
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import unittest
import venv
import zipfile
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120

NOVA_CONF = """\
[DEFAULT]
host = this-host
state_path = {folder}
log_dir = {folder}/log
transport_url = fake:/
[database]
connection = sqlite:///{folder}/main.db
[conductor]
workers = 2
[placement]
auth_type = admin_token
endpoint = {placement}
endpoint_override = {placement}
token = admin
[swaparoo]
endpoint = {endpoint}
"""


class Installed(unittest.TestCase):
    """One wheel in one environment for all tests."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="swaparoo-nova-wheel-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        # A copy, since setuptools writes beside the sources.
        shutil.copytree(ROOT / "nova", cls.folder / "source", ignore=shutil.ignore_patterns("*.egg-info", "build"))
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        cls.run_of([*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation",
                    "--wheel-dir", cls.folder, cls.folder / "source"])
        cls.wheel, = cls.folder.glob("*.whl")
        venv.create(cls.folder / "venv")
        cls.bin = cls.folder / "venv/bin"
        # nova and its libraries are those of this environment.
        own, = (cls.folder / "venv/lib").glob("python3*/site-packages")
        (own / "nova.pth").write_text(sysconfig.get_path("purelib"))
        cls.run_of([*pip, "--python", cls.bin / "python", "install", "--no-deps", "--no-index", cls.wheel])

    @classmethod
    def environ(cls):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OS_"))}
        return {**kept, "HOME": str(cls.folder)}

    @classmethod
    def run_of(cls, command, code=0):
        ended = subprocess.run(command, env=cls.environ(), capture_output=True, text=True, timeout=SECONDS)
        if ended.returncode != code:
            raise AssertionError(f"{command} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
        return ended.stdout + ended.stderr

    def config(self, name, text):
        """A file in one of the folders in which oslo.config looks for nova's files."""
        file = self.folder / ".nova" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        self.addCleanup(file.unlink)
        return file


class Wheel(Installed):
    def test_it_has_its_licence_and_its_types(self):
        names = zipfile.ZipFile(self.wheel).namelist()
        self.assertIn("swaparoo_nova/py.typed", names)
        self.assertIn("swaparoo_nova/releases/nova_34.py", names)
        self.assertTrue([name for name in names if name.endswith("/LICENSE")], names)
        self.assertEqual((ROOT / "LICENSE").read_bytes(), (ROOT / "nova/LICENSE").read_bytes())

    def test_the_sample_file_is_what_oslo_generates(self):
        generated = self.run_of([self.bin / "python", "-m", "oslo_config.generator", "--namespace", "swaparoo_nova"])
        sample = ROOT / "nova/etc/swaparoo.conf.sample"
        if os.environ.get("SWAPAROO_UPDATE"):
            sample.write_text(generated)
        self.assertEqual(sample.read_text(), generated, "SWAPAROO_UPDATE=1 writes it again")


class Scripts(Installed):
    def test_they_read_the_files_of_novas_own_script(self):
        self.config("nova.conf", "[swaparoo]\nendpoint = http://runner:8786\n")
        self.config("nova-compute.conf", "[swaparoo]\nendpoint = of-the-compute-file\n")
        said = self.run_of([self.bin / "swaparoo-nova-compute"], code=1)
        self.assertIn("error: [swaparoo] endpoint is 'of-the-compute-file'", said)

    def test_another_nova_is_refused_by_name(self):
        said = self.run_of([self.bin / "python", "-c", (
            "from nova import version; version.version_info.version_string = lambda: '30.1.0'; "
            "from swaparoo_nova.conductor import main; main()")], code=1)
        self.assertIn("error: nova 30.1.0 is not supported", said)
        self.assertIn("34 (2026.2)", said)

    def test_each_worker_says_that_the_runner_moves_its_allocations(self):
        (self.folder / "log").mkdir()
        endpoint = environment.current.service.socket
        self.config("nova.conf", NOVA_CONF.format(
            folder=self.folder, endpoint=endpoint, placement=environment.current.front.url))
        nova_bin = Path(sys.executable).parent
        self.run_of([nova_bin / "nova-manage", "db", "sync", "--local_cell"])
        log = self.folder / "log/nova-conductor.log"
        with open(self.folder / "out", "wb") as out:
            conductor = subprocess.Popen(
                [self.bin / "swaparoo-nova-conductor"], env=self.environ(), stdout=out, stderr=out)
        self.addCleanup(conductor.wait)
        self.addCleanup(conductor.terminate)
        until = time.monotonic() + SECONDS
        while True:
            text = log.read_text() if log.exists() else ""
            at_work = set(re.findall(r" (\d+) INFO swaparoo_nova\.worker .*allocations are moved by the runner at "
                                     + re.escape(endpoint), text))
            versions = re.findall(r"the runner has version (\S+)", text)
            if len(at_work) == len(versions) == 2:
                return
            self.assertIsNone(conductor.poll(), (self.folder / "out").read_text() + text)
            self.assertLess(time.monotonic(), until, text)
            time.sleep(0.2)


class NewProcess(Installed):
    """Today oslo.service forks the workers. A worker that is started anew has the package all the same."""

    def test_a_service_object_brings_the_package_along(self):
        from swaparoo_nova.worker import Package

        file = self.folder / "service"
        # Without `__init__`, which would install it in this process, too.
        file.write_bytes(pickle.dumps(Package.__new__(Package)))
        said = self.run_of([self.bin / "python", "-c", (
            f"import pickle; pickle.load(open({str(file)!r}, 'rb'))\n"
            "from swaparoo_nova.install import install\n"
            "print([one.installed() for one in install().replacements])\n"
            "from nova import service; print(service.Service.start.__module__, service.Service.start.__wrapped__)")])
        self.assertIn(str([True] * 8), said)
