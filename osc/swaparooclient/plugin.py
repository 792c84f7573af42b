"""What OpenStackClient asks a plugin for: the name of the API, its versions, its options and its client."""
from __future__ import annotations

import argparse
from typing import Any

from osc_lib import utils

from swaparooclient.client import Client

API_NAME = "allocation_task"
API_VERSION_OPTION = "os_allocation_task_api_version"
API_VERSIONS = {"1": "swaparooclient.client.Client"}
DEFAULT_API_VERSION = "1"


def make_client(instance: Any) -> Client:
    """A client with the session of `openstack`."""
    return Client(
        session=instance.session,
        service_type="allocation-task",
        interface=instance.interface,
        region_name=instance.region_name,
        endpoint_override=getattr(instance._cli_options, "allocation_task_endpoint", None) or None,
    )


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Adds the options of this plugin."""
    parser.add_argument(
        "--os-allocation-task-api-version",
        metavar="<version>",
        default=utils.env("OS_ALLOCATION_TASK_API_VERSION", default=DEFAULT_API_VERSION),
        help="Version of Swaparoo's API (default: 1, Env: OS_ALLOCATION_TASK_API_VERSION)",
    )
    parser.add_argument(
        "--os-allocation-task-endpoint",
        metavar="<url>",
        dest="allocation_task_endpoint",
        default=utils.env("OS_ALLOCATION_TASK_ENDPOINT"),
        help="Address of Swaparoo instead of that in the catalogue (Env: OS_ALLOCATION_TASK_ENDPOINT)",
    )
    return parser
