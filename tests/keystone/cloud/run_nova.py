"""nova's API with its own databases, and servers in all relevant states, created with nova's own objects."""
import os
import sys

import listen

os.environ["OS_NOVA_CONFIG_DIR"] = str(listen.folder)
FILES = [f"{sys.prefix}/etc/nova/api-paste.ini", str(listen.folder / "nova.conf")]
os.environ["OS_NOVA_CONFIG_FILES"] = ";".join(FILES)
NAMES = ("osapi_compute", "nova-api-os-compute")

from nova import monkey_patch

monkey_patch.patch(backend="threading")

from nova import context, objects
from nova.api.openstack import wsgi_app
from nova.db import migration
from nova.network import model, security_group_api

HOST, NODE = "compute-1", "node-1.example"
COMPUTE_NODE = "c0000000-0000-4000-8000-000000000001"
SERVERS = {
    "50000000-0000-4000-8000-000000000001": {"vm_state": "active"},
    "50000000-0000-4000-8000-000000000002": {"vm_state": "active", "task_state": "deleting"},
    "50000000-0000-4000-8000-000000000003": {"vm_state": "soft-delete"},
    "50000000-0000-4000-8000-000000000004": {"vm_state": "deleted"},
    "50000000-0000-4000-8000-000000000005": {"vm_state": "error", "host": None, "node": None, "compute_id": None},
    "50000000-0000-4000-8000-000000000006": {"vm_state": "active", "node": "node-1"},
    "50000000-0000-4000-8000-000000000007": {"vm_state": "active", "task_state": "resize_migrating"},
    "50000000-0000-4000-8000-000000000008": {"vm_state": "active"},
    "50000000-0000-4000-8000-000000000010": {"vm_state": "active"},
}
DESTROYED = "50000000-0000-4000-8000-000000000008"
# The record of a resize that failed and was not rolled back.
LEFT = "61000000-0000-4000-8000-000000000010"
# A project of neither the admin nor the member.
OWNER = {"project_id": "0e5" + "0" * 29, "user_id": "0e6" + "0" * 29}


def set_up():
    wsgi_app.init_global_data(FILES, *NAMES)
    migration.db_sync(database="api")
    admin = context.get_admin_context()
    add_cell(admin, "cell0", objects.CellMapping.CELL0_UUID)
    cell = add_cell(admin, "cell1", "ce110000-0000-4000-8000-000000000001")
    with context.target_cell(admin, cell) as inside:
        add_compute_node(inside, HOST, NODE, COMPUTE_NODE)
        # A name that contains another name, to test that they are not confused.
        add_compute_node(inside, "compute-2", NODE + ".org", "c0000000-0000-4000-8000-000000000002")
        for uuid, state in SERVERS.items():
            add_server(admin, inside, cell, uuid, state)
        add_migration(inside)
    objects.HostMapping(admin, host=HOST, cell_mapping=cell).create()
    objects.HostMapping(admin, host="compute-2", cell_mapping=cell).create()


def add_cell(admin, name, uuid):
    database = f"sqlite:///{listen.folder.parent}/{name}.db"
    cell = objects.CellMapping(admin, name=name, uuid=uuid, transport_url="fake:/", database_connection=database)
    cell.create()
    with context.target_cell(admin, cell) as inside:
        migration.db_sync(context=inside)
    return cell


def add_compute_node(inside, host, name, uuid):
    service = objects.Service(inside, host=host, binary="nova-compute", topic="compute", report_count=0)
    service.create()
    size = {"vcpus": 8, "memory_mb": 8192, "local_gb": 100, "free_ram_mb": 8192, "free_disk_gb": 100}
    used = {"vcpus_used": 0, "memory_mb_used": 0, "local_gb_used": 0, "current_workload": 0, "running_vms": 0}
    kind = {"hypervisor_type": "fake", "hypervisor_version": 1, "cpu_info": "{}", "host_ip": "127.0.0.1"}
    named = {"uuid": uuid, "service_id": service.id, "host": host, "hypervisor_hostname": name}
    node = objects.ComputeNode(inside, **named, **size, **used, **kind)
    node.create()


def add_server(admin, inside, cell, uuid, state):
    size = {"memory_mb": 512, "vcpus": 1, "root_gb": 1, "ephemeral_gb": 0}
    flavor = {"name": "m1.small", "flavorid": "1", "swap": 0, "rxtx_factor": 1.0, "vcpu_weight": 0, "disabled": False}
    flavor = objects.Flavor(id=1, is_public=True, extra_specs={}, description=None, **flavor, **size)
    whose = {**OWNER, "host": HOST, "node": NODE, "compute_id": 1, "launched_on": HOST, **state}
    what = {"display_name": uuid, "image_ref": "", "instance_type_id": 1, "system_metadata": {}, "metadata": {}}
    flavors = {"flavor": flavor, "old_flavor": None, "new_flavor": None}
    ports = objects.InstanceInfoCache(network_info=model.NetworkInfo())
    server = objects.Instance(inside, uuid=uuid, **whose, **what, **size, **flavors, info_cache=ports)
    server.create()
    objects.InstanceMapping(admin, instance_uuid=uuid, cell_mapping=cell, queued_for_delete=False, **OWNER).create()
    if uuid == DESTROYED:
        server.destroy()


def add_migration(inside):
    record = objects.Migration(inside, uuid=LEFT, status="error", migration_type="resize")
    record.instance_uuid = "50000000-0000-4000-8000-000000000010"
    record.source_compute, record.source_node = HOST, NODE
    record.old_instance_type_id, record.new_instance_type_id = 1, 1
    record.create()


set_up()
# A server's representation includes its security groups, which nova requests from Neutron; this cloud has no Neutron.
security_group_api.get_instances_security_groups_bindings = lambda *_: {}
listen.serve(wsgi_app.init_application(*NAMES))
