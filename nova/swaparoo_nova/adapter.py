"""The conductor's answers to the runner's migration tasks: the part that cold and live migrations share."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nova import availability_zones, exception, objects
from nova.compute import utils as compute_utils
from nova.scheduler import utils as scheduler_utils
from oslo_log import log as logging

from swaparoo_nova import facts, spec
from swaparoo_nova.answer import Effect
from swaparoo_nova.runner import Reply

LOG = logging.getLogger(__name__)

DONE: Reply = {"kind": "done"}
# Questions about the state of nova, which change nothing.
STILL_ANSWERED = {"find-server", "find-compute-node", "find-migration", "get-migration"}
LAST_STATUSES = {"error", "failed"}
# The contract's limit for the text of an exception, in bytes.
LONGEST_DETAIL = 2000


class ConductorAdapter:
    """Answers with the context, the server and the clients of one of nova's tasks."""

    def __init__(self, task: Any) -> None:
        self.task = task
        self.context = task.context
        self.server = task.instance.uuid
        # From the last answer of the scheduler, or from the compute service that reschedules.
        self.selections: list[Any] = []
        self.cell: Any = None
        # After the cast, the compute service is responsible for the migration.
        self.cast = False
        self._raised: dict[tuple[str, str], Exception] = {}
        self._answers: dict[str, Callable[[Effect], Reply]] = {
            "find-server": self.find_server,
            "find-compute-node": self.find_compute_node,
            "setup-instance-group": self.setup_instance_group,
            "get-port-requests": self.get_port_requests,
            "find-cell": self.find_cell,
            "find-migration": self.find_migration,
            "get-migration": self.get_migration,
            "create-migration": self.create_migration,
            "save-migration": self.save_migration,
            "ensure-project-and-user": self.ensure_project_and_user,
            "ensure-network-metadata": self.ensure_network_metadata,
            "heal-is-bfv": self.heal_is_bfv,
            "select-destinations": self.select_destinations,
            "find-service": self.find_service,
            "get-compute-rpc-version": self.get_compute_rpc_version,
            "get-availability-zone": self.get_availability_zone,
            "prep-resize": self.prep_resize,
            "live-migration": self.live_migration,
            "check-numa": self.check_numa,
            "check-service-up": self.check_service_up,
            "find-host-node": self.find_host_node,
            "check-destination": self.check_destination,
        }

    def __call__(self, effect: Effect) -> Reply:
        """The answer, or nova's exception as an answer."""
        try:
            return self._answers[effect["kind"]](effect)
        except Exception as error:  # the rules decide what any exception in nova means
            LOG.debug("%s raised %s: %s", effect["kind"], type(error).__name__, error, instance=self.task.instance)
            # An exception from RPC has a separate class, derived from nova's class.
            name, detail = type(error).__name__.removesuffix("_Remote"), _bounded(str(error))
            self._raised[name, detail] = error
            return {"kind": "nova-error", "error": name, "detail": detail}

    def after_giving_up(self, effect: Effect) -> Reply:
        """The answer when the conductor has given up the task: what is still true, and the record's last status.
        Nothing else is begun, so the rules roll the migration back."""
        if effect["kind"] in STILL_ANSWERED:
            return self(effect)
        if effect["kind"] == "save-migration" and effect["status"] in LAST_STATUSES:
            return self(effect)
        return {"kind": "nova-error", "error": "ConnectFailure", "detail": "the conductor has given the migration up"}

    def raised(self, cause: tuple[str, str] | None) -> Exception | None:
        """The exception object that caused the failure, if it was raised here."""
        return None if cause is None else self._raised.get(cause)

    def chosen(self, destination: dict[str, str]) -> Any:
        """The scheduler's Selection for this destination."""
        for selection in self.selections:
            if (selection.service_host, selection.nodename) == (destination["host"], destination["node"]):
                return selection
        raise exception.NoValidHost(reason=f"{destination} is not one of the scheduler's hosts")

    # ---- the server ----

    def find_server(self, effect: Effect) -> Reply:
        return facts.server_reply(self.context, effect["server"])

    def find_compute_node(self, _effect: Effect) -> Reply:
        return {"kind": "compute-node", "node": facts.node_of(self.context, self.task.instance)}

    def find_cell(self, _effect: Effect) -> Reply:
        self.cell = objects.InstanceMapping.get_by_instance_uuid(self.context, self.server).cell_mapping
        return {"kind": "cell", "cell": None if self.cell is None else str(self.cell.uuid)}

    # ---- the request spec ----

    def setup_instance_group(self, _effect: Effect) -> Reply:
        scheduler_utils.setup_instance_group(self.context, self.task.request_spec)
        return DONE

    def get_port_requests(self, _effect: Effect) -> Reply:
        wanted = self.task.network_api.get_requested_resource_for_instance(self.context, self.server)
        self.task.request_spec.requested_resources, self.task.request_spec.request_level_params = wanted
        return {"kind": "port-requests", "requests": spec.resource_requests(self.task.request_spec)}

    def ensure_project_and_user(self, _effect: Effect) -> Reply:
        self.task.request_spec.ensure_project_and_user_id(self.task.instance)
        whose = self.task.request_spec
        return {"kind": "project-and-user", "project": whose.project_id, "user": whose.user_id}

    def ensure_network_metadata(self, _effect: Effect) -> Reply:
        self.task.request_spec.ensure_network_information(self.task.instance)
        return DONE

    def heal_is_bfv(self, _effect: Effect) -> Reply:
        compute_utils.heal_reqspec_is_bfv(self.context, self.task.request_spec, self.task.instance)
        return DONE

    def select(self, effect: Effect, alternates: bool) -> Reply:
        """Asks nova's scheduler, with nova's spec and the changes of the rules."""
        spec.apply(effect["request_spec"], self.task.request_spec, self.cell)
        lists = self.task.query_client.select_destinations(
            self.context, self.task.request_spec, [self.server], return_objects=True, return_alternates=alternates
        )
        self.selections = list(lists[0])
        return {"kind": "selections", "selections": [spec.selection(chosen) for chosen in self.selections]}

    # ---- the migration record ----

    def record(self) -> Any:
        """nova's Migration object, after it was created."""
        raise NotImplementedError

    def get_migration(self, effect: Effect) -> Reply:
        try:
            record = objects.Migration.get_by_uuid(self.context, effect["migration"])
        except exception.MigrationNotFound:
            return {"kind": "migration", "migration": None}
        return self.migration_reply(record)

    def save_migration(self, effect: Effect) -> Reply:
        record = self.record()
        record.status = effect["status"]
        record.save()
        return DONE

    def migration_reply(self, record: Any) -> Reply:
        """A Migration object in the contract's format."""
        return {"kind": "migration", "migration": {
            "migration": record.uuid,
            "server": record.instance_uuid,
            "migration_type": record.migration_type,
            "status": record.status,
        }}

    # ---- services and hosts ----

    def find_service(self, effect: Effect) -> Reply:
        service = objects.Service.get_by_host_and_binary(self.context, effect["host"], "nova-compute")
        return {"kind": "service", "version": None if service is None else service.version}

    def get_compute_rpc_version(self, _effect: Effect) -> Reply:
        router = self.task.compute_rpcapi.router
        major, minor = str(router.version_cap or router.target.version).split(".")[:2]
        return {"kind": "rpc-version", "major": int(major), "minor": int(minor)}

    def get_availability_zone(self, effect: Effect) -> Reply:
        zone = availability_zones.get_host_availability_zone(self.context, effect["host"])
        return {"kind": "availability-zone", "zone": zone}

    # ---- effects of only cold or only live migrations ----

    def _not_asked(self, effect: Effect) -> Reply:
        raise NotImplementedError(f"{type(self).__name__} is not asked for {effect['kind']}")

    select_destinations = find_migration = create_migration = prep_resize = live_migration = _not_asked
    check_numa = check_service_up = find_host_node = check_destination = _not_asked


def _bounded(text: str) -> str:
    return text.encode()[:LONGEST_DETAIL].decode(errors="ignore")
