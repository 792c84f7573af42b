"""Keystone. The first one to start creates the database, the keys, and the cloud's users, projects and services."""
import uuid

import listen

from keystone.cmd import bootstrap
from keystone.common import fernet_utils, provider_api, sql
from keystone.common.sql import upgrades
import keystone.conf
import keystone.server
from keystone.server import backends
from keystone.server.flask import core
from keystone.server.flask.application import application_factory

PROVIDERS = provider_api.ProviderAPIs


def make_database_and_keys():
    upgrades.offline_sync_database_to_version()
    keys = keystone.conf.CONF.fernet_tokens.key_repository
    repository = fernet_utils.FernetUtils(keys, max_active_keys=3, config_group="fernet_tokens")
    repository.initialize_key_repository()


def make_cloud():
    first = bootstrap.Bootstrapper()  # loads the backends, which is possible only once
    first.admin_username = first.project_name = first.admin_role_name = "admin"
    first.admin_password = "the-admins-password"
    first.region_id, first.service_name = "RegionOne", "keystone"
    first.public_url = first.internal_url = listen.urls["keystone"] + "/v3"
    first.bootstrap()
    fill_catalogue()
    add_people(first)


def fill_catalogue():
    """RegionOne has all public endpoints; the internal interface and RegionTwo have no Placement."""
    catalogue = PROVIDERS.catalog_api
    catalogue.create_region({"id": "RegionTwo", "description": "", "parent_region_id": None})
    compute = listen.urls["nova"] + "/v2.1"
    add_service("placement", {("RegionOne", "public"): listen.urls["placement"]})
    add_service("compute", {(region, "public"): compute for region in ("RegionOne", "RegionTwo")})


def add_service(kind, endpoints):
    service = uuid.uuid4().hex
    PROVIDERS.catalog_api.create_service(service, {"id": service, "type": kind, "name": kind, "enabled": True})
    for (region, interface), url in endpoints.items():
        made = {"id": uuid.uuid4().hex, "service_id": service, "region_id": region, "interface": interface, "url": url}
        PROVIDERS.catalog_api.create_endpoint(made["id"], {**made, "enabled": True})


def add_people(first):
    """A project's member and auditor, a service, in addition to the admin, and an application credential of the admin."""
    demo = {"id": uuid.uuid4().hex, "name": "demo", "domain_id": "default", "enabled": True, "description": ""}
    PROVIDERS.resource_api.create_project(demo["id"], demo)
    auditor = {"id": uuid.uuid4().hex, "name": "auditor", "domain_id": None, "options": {}}
    PROVIDERS.role_api.create_role(auditor["id"], auditor)
    roles = {"member": [first.member_role_id], "auditor": [first.member_role_id, auditor["id"]], "nova": [first.service_role_id]}
    for name in roles:
        user = {"name": name, "password": f"the-{name}s-password", "domain_id": "default", "enabled": True}
        user = PROVIDERS.identity_api.create_user(user)
        for role in roles[name]:
            PROVIDERS.assignment_api.add_role_to_user_and_project(user["id"], demo["id"], role)
    credential = {"id": "ac0de", "name": "robot", "secret": "the-robots-secret", "user_id": first.admin_user_id}
    credential |= {"project_id": first.project_id, "roles": [{"id": first.admin_role_id}], "unrestricted": False}
    PROVIDERS.application_credential_api.create_application_credential(credential)


keystone.server.configure(config_files=[str(listen.folder / "keystone.conf")])
if listen.folder.name == "keystone":
    make_database_and_keys()
    make_cloud()
else:
    backends.load_backends()
listen.serve(core.setup_app_middleware(application_factory("public")))
