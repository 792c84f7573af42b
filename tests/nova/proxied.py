"""The mode `proxy`: nova as it is, with its Placement behind `swaparoo proxy`.

The proxy asks the nova of the running test whether a server exists, by a Keystone that accepts everybody.
"""
import json
import os
import socket
import tempfile
from pathlib import Path

from nova.tests import fixtures as nova_fixtures
from nova.tests.functional import fixtures as functional_fixtures

import environment

CLOUDS = """\
clouds:
  tests:
    auth: {{auth_url: "{url}/v3", username: admin, password: admin, project_name: admin,
           user_domain_id: default, project_domain_id: default}}
"""
PROXY = """\
[proxy]
listen = "{address}"
mode = "decide"
"""


class Front(environment.Front):
    """Also a Keystone, and the API of the running test's nova."""

    def __init__(self):
        self._nova = None
        super().__init__()
        own = nova_fixtures.OSAPIFixture.setUp

        def set_up(fixture):
            own(fixture)
            self._nova = fixture.app()

        nova_fixtures.OSAPIFixture.setUp = set_up

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/v3/auth/tokens":
            return self._token(start_response)
        if not path.startswith("/nova/"):
            return super().__call__(environ, start_response)
        if self._nova is None:
            start_response("503 no test runs", [])
            return [b""]
        given = {"SCRIPT_NAME": "", "PATH_INFO": path.removeprefix("/nova"), "HTTP_X_AUTH_USER": "admin",
                 "HTTP_X_AUTH_PROJECT_ID": nova_fixtures.PROJECT_ID, "HTTP_X_ROLES": "reader,member,admin"}
        return self._nova({**environ, **given}, start_response)

    def _token(self, start_response):
        start_response("201 Created", [("Content-Type", "application/json"), ("X-Subject-Token", environment.TOKEN)])
        return [json.dumps({"token": token(self.url, f"{self.url}/nova/v2.1")}).encode()]


def token(placement, nova):
    """A token of Keystone with its catalogue."""
    def service(kind, url):
        endpoint = {"id": kind, "interface": "public", "region": "one", "region_id": "one", "url": url}
        return {"id": kind, "type": kind, "name": kind, "endpoints": [endpoint]}

    domain = {"id": "default", "name": "Default"}
    return {
        "methods": ["password"], "audit_ids": ["a"], "is_domain": False,
        "user": {"id": "u", "name": "admin", "domain": domain, "password_expires_at": None},
        "project": {"id": "p", "name": "admin", "domain": domain}, "roles": [{"id": "r", "name": "admin"}],
        "expires_at": "2999-01-01T00:00:00.000000Z", "issued_at": "2026-01-01T00:00:00.000000Z",
        "catalog": [service("placement", placement), service("compute", nova)],
    }


def start(program):
    """The front, and the proxy between nova and it."""
    front = Front()
    # Removed at the end of the process.
    front.folder = tempfile.TemporaryDirectory(prefix="swaparoo-nova-clouds-")
    clouds = Path(front.folder.name) / "clouds.yaml"
    clouds.write_text(CLOUDS.format(url=front.url))
    clouds.chmod(0o600)
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds)
    address = f"127.0.0.1:{_free_port()}"
    service = environment.Service(program, front.url, access='cloud = "tests"', more=PROXY.format(address=address))
    own = functional_fixtures.PlacementFixture.setUp

    def set_up(fixture):
        own(fixture)
        fixture.endpoint = f"http://{address}"

    functional_fixtures.PlacementFixture.setUp = set_up
    return front, service


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
