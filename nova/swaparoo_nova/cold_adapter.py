"""The conductor's answers to a cold migration or resize: nova's `MigrationTask`, one question at a time."""
from __future__ import annotations

from typing import Any

import nova.conf
from nova import objects
from nova.scheduler import utils as scheduler_utils

from swaparoo_nova import spec
from swaparoo_nova.answer import Effect
from swaparoo_nova.adapter import DONE, ConductorAdapter
from swaparoo_nova.runner import Reply

CONF = nova.conf.CONF


class ColdMigrationAdapter(ConductorAdapter):
    """Answers with nova's MigrationTask."""

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        task.request_spec.reset_forced_destinations()
        # Compute services still get these properties as a dict.
        self._properties = task.request_spec.to_legacy_filter_properties_dict()
        self.selections = list(task.host_list or [])

    def runner_task(self) -> dict[str, Any]:
        """The task as the runner's JSON."""
        task = self.task
        hosts = None if task.host_list is None else [spec.selection(chosen) for chosen in task.host_list]
        return {
            "kind": "migrate",
            "server": self.server,
            "old_flavor": str(task.instance.flavor.id),
            "new_flavor": str(task.flavor.id),
            "request_spec": spec.request_spec(task.request_spec, task.instance.project_id, task.instance.user_id),
            "host_list": hosts,
            "max_attempts": CONF.scheduler.max_attempts,
        }

    def record(self) -> Any:
        return self.task._migration

    def find_migration(self, effect: Effect) -> Reply:
        wanted = {
            "instance_uuid": self.server, "migration_type": effect["migration_type"], "status": effect["status"],
        }
        found = objects.MigrationList.get_by_filters(self.context, wanted).objects
        if not found:
            return {"kind": "migration", "migration": None}
        self.task._migration = found[0]
        return self.migration_reply(found[0])

    def create_migration(self, effect: Effect) -> Reply:
        task = self.task
        record = objects.Migration(
            context=self.context.elevated(),
            old_instance_type_id=task.instance.flavor.id,
            new_instance_type_id=task.flavor.id,
            status="pre-migrating",
            instance_uuid=self.server,
            source_compute=task.instance.host,
            source_node=task.instance.node,
            migration_type=effect["migration_type"],
        )
        record.create()
        task._migration = record
        return self.migration_reply(record)

    def select_destinations(self, effect: Effect) -> Reply:
        return self.select(effect, alternates=True)

    def prep_resize(self, effect: Effect) -> Reply:
        task, chosen = self.task, self.chosen(effect["destination"])
        task.host_list = [self.chosen(alternate) for alternate in effect["host_list"]]
        scheduler_utils.fill_provider_mapping(task.request_spec, chosen)
        task.instance.availability_zone = effect["availability_zone"]
        task.compute_rpcapi.prep_resize(
            self.context, task.instance, task.request_spec.image, task.flavor, chosen.service_host, task._migration,
            request_spec=task.request_spec, filter_properties=self._legacy_properties(effect, chosen),
            node=chosen.nodename, clean_shutdown=task.clean_shutdown, host_list=task.host_list,
        )
        self.cast = True
        return DONE

    def _legacy_properties(self, effect: Effect, chosen: Any) -> dict[str, Any]:
        """nova adds limits and the chosen host; the rules have already counted this attempt."""
        properties, retry = dict(self._properties), effect["request_spec"]["retry"]
        properties.pop("retry", None)
        scheduler_utils.populate_filter_properties(properties, chosen)
        if retry is not None:
            hosts = [[tried["host"], tried["node"]] for tried in retry["hosts"]]
            properties["retry"] = {"num_attempts": retry["num_attempts"], "hosts": hosts}
        return properties
