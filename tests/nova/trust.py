"""Which certificates the package trusts, and to which endpoint it sends its token."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import datetime
import ipaddress
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from broken_runner import BrokenRunner, drips, says, task
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from swaparoo_nova import call, config
from swaparoo_nova.config import Misconfigured, Settings
from swaparoo_nova.runner import Runner, RunnerUnavailable

ENDED = task("finished", outcome={"kind": "nothing-to-move"})


def certificate(folder, address):
    """A self-signed certificate for an IP address: one file with its key, and one without."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "runner")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(hours=1), not_valid_after=now + datetime.timedelta(hours=1),
    ).add_extension(names, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pkcs8, open_ = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, pkcs8, open_)
    both, alone = folder / f"{address}.key.pem", folder / f"{address}.pem"
    both.write_bytes(private + pem)
    alone.write_bytes(pem)
    return both, alone


class _Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class Certificates(_Folder):
    def setUp(self):
        super().setUp()
        self.over = threading.Event()
        self.addCleanup(self.over.set)

    def serve(self, address="127.0.0.1", behave=says(ENDED)):
        """A runner with TLS, and the certificate to trust it."""
        both, alone = certificate(self.folder, address)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        runner = BrokenRunner(behave, tls=context)
        self.addCleanup(runner.close)
        return runner, str(alone)

    def run_on(self, runner, **settings):
        settings = Settings(endpoint=runner.endpoint, **{"timeout": 1, **settings})
        return Runner(settings).run({"kind": "move"}, lambda effect: {}, None)

    def refuses(self, runner, **settings):
        with self.assertRaisesRegex(RunnerUnavailable, "certificate verify failed") as unavailable:
            self.run_on(runner, **settings)
        # nova sends no request to a server that it does not trust.
        self.assertFalse(unavailable.exception.begun)
        self.assertEqual(0, runner.requests)

    def test_those_of_cafile(self):
        runner, cafile = self.serve()
        self.assertEqual("nothing-to-move", self.run_on(runner, cafile=cafile).outcome.kind)

    def test_no_others(self):
        runner, _ = self.serve()
        self.refuses(runner)
        # Variables that the library requests would use.
        with mock.patch.dict(os.environ, REQUESTS_CA_BUNDLE=str(self.folder / "127.0.0.1.pem")):
            self.refuses(runner)

    def test_those_of_the_system(self):
        runner, cafile = self.serve()
        with mock.patch.dict(os.environ, SSL_CERT_FILE=cafile):
            self.assertEqual("nothing-to-move", self.run_on(runner).outcome.kind)

    def test_only_for_the_host_that_they_name(self):
        runner, cafile = self.serve("127.0.0.2")
        self.refuses(runner, cafile=cafile)

    def test_a_body_by_the_byte(self):
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
        runner, cafile = self.serve(behave=drips(head, self.over))
        refused = self.assertRaisesRegex(RunnerUnavailable, "no whole answer within")
        with mock.patch.object(call, "MARGIN_SECONDS", 0.5), refused:
            self.run_on(runner, cafile=cafile)

    def test_a_cafile_that_cannot_be_used(self):
        for content in (None, "no certificate"):
            cafile = self.folder / "cafile"
            if content:
                cafile.write_text(content)
            with self.assertRaisesRegex(Misconfigured, f"cafile {cafile}"):
                Runner(Settings(endpoint="https://runner", cafile=str(cafile)))


class Tokens(_Folder):
    def test_over_plain_http_only_to_this_machine(self):
        for endpoint in ("http://localhost:8786", "http://127.0.0.1", "http://127.1.2.3:1", "http://[::1]:8786",
                         "https://runner:8786", "/run/swaparoo.sock"):
            Runner(Settings(endpoint=endpoint, token="secret"))
        for endpoint in ("http://runner:8786", "http://192.0.2.1", "http://[2001:db8::1]",
                         "http://localhost.example.org", "http://127.0.0.1.example.org"):
            with self.assertRaisesRegex(Misconfigured, "token_over_http = true") as raised:
                Settings(endpoint=endpoint, token="secret")
            self.assertNotIn("secret", str(raised.exception))
            Runner(Settings(endpoint=endpoint))
            Runner(Settings(endpoint=endpoint, token="secret", token_over_http=True))

    def read(self, mode, content="secret\n", owner=None):
        file = self.folder / "token"
        file.write_text(content)
        file.chmod(mode)
        found = os.stat(file)
        if owner is not None:
            found = os.stat_result([*found[:4], owner, *found[5:10]])
        with mock.patch("os.fstat", return_value=found):
            return config.token_file.read(str(file))

    def test_from_a_file_that_only_nova_can_read(self):
        mine, roots = os.geteuid(), os.geteuid() + 1
        for mode, owner in ((0o600, mine), (0o400, mine), (0o600, roots), (0o640, roots), (0o440, roots)):
            self.assertEqual("secret", self.read(mode, owner=owner))
        for mode, owner in ((0o644, mine), (0o604, mine), (0o640, mine), (0o660, mine), (0o644, roots), (0o660, roots)):
            with self.assertRaisesRegex(Misconfigured, f"token is open to others \\(mode {mode:o}\\): chmod") as raised:
                self.read(mode, owner=owner)
            self.assertNotIn("secret", str(raised.exception))

    def test_that_cannot_be_one(self):
        for content, says in (
            ("", "is empty"), ("sec ret", "no spaces"), ("sec\nret", "no spaces"), ("s\u00e9cret", "ASCII"),
        ):
            with self.assertRaisesRegex(Misconfigured, says) as raised:
                self.read(0o600, content)
            self.assertNotIn("ret", str(raised.exception).replace(str(self.folder), ""))


class AtStart(_Folder):
    """A wrong configuration ends the service before it starts, with one line."""

    def start(self, section):
        (self.folder / "nova.conf").write_text("[swaparoo]\nendpoint = https://runner:8786\n" + section)
        command = "from swaparoo_nova import conductor; conductor.main()"
        return subprocess.run([sys.executable, "-c", command, "--config-file", str(self.folder / "nova.conf")],
                              capture_output=True, text=True, timeout=120)

    def test_a_token_that_others_can_read(self):
        token = self.folder / "token"
        token.write_text("secret")
        token.chmod(0o644)
        started = self.start(f"token_file = {token}")
        self.assertEqual(1, started.returncode)
        error = started.stderr.splitlines()[-1]
        self.assertTrue(error.startswith(f"error: [swaparoo] token_file {token} is open to others (mode 644)"), started)
        self.assertNotIn("Traceback", started.stderr)

    def test_certificates_that_are_none(self):
        started = self.start(f"cafile = {self.folder}/none.pem")
        self.assertEqual(1, started.returncode)
        self.assertIn(f"error: [swaparoo] cafile {self.folder}/none.pem", started.stderr)
        self.assertNotIn("Traceback", started.stderr)


class Endpoints(unittest.TestCase):
    def test_what_is_none_is_said_before_the_first_request(self):
        for endpoint, says in (
            ("http://", "it has no host"),
            ("http://runner:port", "'http://runner:port'"),
            ("http://runner:99999", "'http://runner:99999'"),
            ("http://[::1", "'http://\\[::1'"),
            ("http://runner/?a=b", "must end before"),
            ("http://nova:secret@runner", "has a user before its host"),
        ):
            with self.assertRaisesRegex(Misconfigured, says) as raised:
                Settings(endpoint=endpoint)
            self.assertNotIn("secret", str(raised.exception))

    def test_a_path_goes_before_the_api_s(self):
        paths = []

        def behave(channel, request):
            paths.append(request.path)
            says(ENDED)(channel, request)

        runner = BrokenRunner(behave)
        self.addCleanup(runner.close)
        Runner(Settings(endpoint=runner.endpoint + "/swaparoo")).run({"kind": "move"}, lambda effect: {}, None)
        self.assertEqual([b"/swaparoo/v1/tasks?wait=20"], paths)
