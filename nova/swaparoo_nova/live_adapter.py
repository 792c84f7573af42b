"""The conductor's answers to a live migration: nova's `LiveMigrationTask`, one question at a time."""
from __future__ import annotations

from typing import Any

import nova.conf
import oslo_messaging
from nova import exception
from nova.compute import power_state
from nova.compute import utils as compute_utils
from nova.scheduler import utils as scheduler_utils

from swaparoo_nova import releases, spec
from swaparoo_nova.answer import Effect
from swaparoo_nova.adapter import DONE, ConductorAdapter
from swaparoo_nova.runner import Reply

CONF = nova.conf.CONF


class LiveMigrationAdapter(ConductorAdapter):
    """Answers with nova's LiveMigrationTask and its own checks."""

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        self._forced = task.destination
        # The compute node of the forced host.
        self._node: Any = None
        self._prepared = False
        if not self._forced:
            # A host that the server was forced to earlier must not become the destination. The rules reset their
            # copy of the spec; the scheduler gets nova's own spec, which is reset here.
            task.request_spec.reset_forced_destinations()

    def runner_task(self) -> dict[str, Any]:
        """The task as the runner's JSON."""
        task = self.task
        return {
            "kind": "live-migrate",
            "server": self.server,
            "migration": task.migration.uuid,
            "source_host": task.source,
            "active": task.instance.power_state in (power_state.RUNNING, power_state.PAUSED),
            "forced_host": self._forced,
            "request_spec": spec.request_spec(task.request_spec, task.instance.project_id, task.instance.user_id),
            "max_retries": None if CONF.migrate_max_retries == -1 else CONF.migrate_max_retries,
        }

    def record(self) -> Any:
        return self.task.migration

    def save_migration(self, effect: Effect) -> Reply:
        """Does not save `error`: nova's conductor saves it when the task has failed. It is the last status of a live
        migration, and who sees it may assume that the rollback is finished."""
        return DONE if effect["status"] == "error" else super().save_migration(effect)

    def check_numa(self, _effect: Effect) -> Reply:
        self.task._check_instance_has_no_numa()
        return DONE

    def check_service_up(self, effect: Effect) -> Reply:
        self.task._check_host_is_up(effect["host"])
        return DONE

    def find_cell(self, _effect: Effect) -> Reply:
        self.cell = self.task._get_source_cell_mapping()
        return {"kind": "cell", "cell": str(self.cell.uuid)}

    def select_destinations(self, effect: Effect) -> Reply:
        if not self._prepared:
            self._prepare()
        try:
            reply = self.select(effect, alternates=False)
        except oslo_messaging.RemoteError as error:
            raise exception.MigrationSchedulerRPCError(reason=str(error)) from error
        self._prepare_server(self.selections[0])
        return reply

    def _prepare_server(self, chosen: Any) -> None:
        """nova does this before it checks the host, so a failure here does not lead to the next host."""
        task = self.task
        scheduler_utils.fill_provider_mapping(task.request_spec, chosen)
        if releases.installed().checks_limits:
            task.limits = chosen.limits
        providers = task.request_spec.get_request_group_mapping()
        if providers:
            compute_utils.update_pci_request_with_placement_allocations(
                self.context, task.report_client, task.instance.pci_requests.requests, providers
            )

    def _prepare(self) -> None:
        """nova's changes to a spec before the first search that the rules of a live migration do not ask for."""
        self.setup_instance_group({})
        self.ensure_project_and_user({})
        self.ensure_network_metadata({})
        self.heal_is_bfv({})
        self._prepared = True

    def find_host_node(self, effect: Effect) -> Reply:
        """Includes nova's checks of a forced host, which come before the claim."""
        task = self.task
        task._check_destination_is_not_source()
        task._check_host_is_up(effect["host"])
        task._check_destination_has_enough_memory()
        _, self._node = task._check_compatible_with_source_hypervisor(effect["host"])
        return {"kind": "compute-node", "node": str(self._node.uuid)}

    def check_destination(self, effect: Effect) -> Reply:
        host = effect["destination"]["host"]
        if effect["check"] == "hypervisor":
            self.task._check_compatible_with_source_hypervisor(host)
        elif effect["check"] == "can-live-migrate":
            self._can_live_migrate(host)
        # nova binds the ports as part of that check.
        return DONE

    def _can_live_migrate(self, host: str) -> None:
        if self._forced:
            self.task._check_requested_destination()
        else:
            self.task._call_livem_checks_on_host(host, self.task.request_spec.get_request_group_mapping())

    def live_migration(self, effect: Effect) -> Reply:
        task, destination = self.task, effect["destination"]
        task.destination = destination["host"]
        task.instance.availability_zone = effect["availability_zone"]
        task.migration.source_node = task.instance.node
        task.migration.dest_node = self._node.hypervisor_hostname if self._node else destination["node"]
        task.migration.dest_compute = task.destination
        task.migration.save()
        task.compute_rpcapi.live_migration(
            self.context, host=task.source, instance=task.instance, dest=task.destination,
            block_migration=task.block_migration, migration=task.migration, migrate_data=task.migrate_data,
        )
        self.cast = True
        return DONE
