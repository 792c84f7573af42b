"""Runs the examples in deploy/ as an operator does, with the deployments' own templates and roles, on this machine alone.

    examples.py FILE.deb

Kolla-Ansible is the one from PyPI. Of OpenStack-Ansible, which is not there, openstack_ansible/ has what it renders HAProxy's
files with. What needs a cloud (the tags swaparoo-cloud) is only checked for syntax: databases, Keystone, `db sync`.
"""
import json
import pathlib
import shutil
import sys

import haproxy
import throw_away_root

HERE = pathlib.Path(__file__).parent
DEPLOY = HERE.parents[1] / "deploy"
VENV = pathlib.Path(sys.prefix)
CONTROL = ["control01", "control02", "control03"]
ADDRESSES = dict(zip(CONTROL, ["127.0.1.11", "127.0.1.12", "127.0.1.13"]))
VIP = "127.0.1.10"
PASSWORDS = {name: f"{name}-0123456789" for name in
             ["swaparoo_database_password", "swaparoo_keystone_password", "swaparoo_token"]}


def main():
    throw_away_root.enter(__file__, sys.argv[1:])
    root = throw_away_root.Root()
    root.see(HERE.parents[1])
    shutil.copy(sys.argv[1], root.path / "tmp/swaparoo.deb")
    prepare(root)
    for deployment in (Kolla, OpenStackAnsible):
        for tls in (False, True):
            name = f"{deployment.__name__}, {'with' if tls else 'without'} TLS inside"
            cloud = deployment(root, tls)
            cloud.check_syntax()
            cloud.render()
            haproxy.check(root, cloud, VIP, list(ADDRESSES.values()))
            print(f"ok  {name}: HAProxy accepts the rendered files", flush=True)
            cloud.install()
            check_configuration(root)
            print(f"ok  {name}: the runner accepts the rendered configuration", flush=True)
            if deployment is Kolla and not tls:
                haproxy.fails_over(root, cloud, VIP, ADDRESSES["control01"])
                print(f"ok  {name}: HAProxy uses the proxy, and Placement itself when the proxy is gone", flush=True)


def prepare(root):
    if not (root.path / "usr/sbin/haproxy").exists():
        root.run("apt-get", "update")
        root.run("apt-get", "install", "--yes", "--no-install-recommends", "haproxy")
    root.run("groupadd", "--force", "kolla")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
            "-subj", "/CN=test", "-addext", "subjectAltName=" + ",".join(f"IP:{ip}" for ip in ADDRESSES.values()),
            "-keyout", "/tmp/key.pem", "-out", "/tmp/cert.pem"]
    root.run(*make)
    both = "".join((root.path / "tmp" / name).read_text() for name in ("cert.pem", "key.pem"))
    for file in ["etc/haproxy/certificates/haproxy-internal.pem", f"etc/haproxy/ssl/haproxy_lb-{VIP}.pem"]:
        (root.path / file).parent.mkdir(parents=True, exist_ok=True)
        root.write(file, both)


class Cloud:
    """A deployment with three controllers, all of which are this machine with its own name and address."""

    def __init__(self, root, tls):
        self.root, self.tls = root, tls
        self.home = root.path / "tmp" / type(self).__name__
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        self.write("inventory", self.inventory())
        self.write("out/.keep", "")
        self.write("variables.json", json.dumps({**PASSWORDS, **self.variables()}))
        for host, address in ADDRESSES.items():
            # The form of ansible-core 2.19's cache of facts.
            self.write(f"facts/s1_{host}", json.dumps({"__payload__": json.dumps(facts(host, address))}))

    def write(self, name, text):
        file = self.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def inside(self, name=""):
        return f"/tmp/{type(self).__name__}/{name}"

    def playbook(self, playbook, *options):
        environment = [f"ANSIBLE_CACHE_PLUGIN_CONNECTION={self.inside('facts')}", "ANSIBLE_CACHE_PLUGIN=jsonfile",
                       f"ANSIBLE_ROLES_PATH={self.roles()}", "ANSIBLE_LOCALHOST_WARNING=false", "HOME=/tmp",
                       f"PATH={VENV}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "ANSIBLE_GATHERING=smart",
                       f"ANSIBLE_COLLECTIONS_PATH={self.inside('collections')}"]
        command = ["env", *environment, f"{VENV}/bin/ansible-playbook", "-i", self.inside("inventory")]
        extra = [word for file in self.variable_files() for word in ("-e", f"@{file}")]
        return self.root.run(*command, *extra, *options, playbook)

    def check_syntax(self):
        self.playbook(self.main(), "--syntax-check")

    def install(self):
        """Runs the playbook without what needs a cloud. All three machines are this one, so the later ones change only addresses."""
        said = self.playbook(self.main(), "--skip-tags", "swaparoo-cloud")
        assert "unreachable=0    failed=0" in said, said

    def render(self):
        """Renders HAProxy's files as the deployment does."""
        self.playbook(self.inside("render.yml"))


class Kolla(Cloud):
    """Kolla-Ansible's folder with the example in it, and /etc/kolla/config."""

    def __init__(self, root, tls):
        super().__init__(root, tls)
        shutil.copytree(VENV / "share/kolla-ansible/ansible", self.home / "ansible")
        shutil.copy(DEPLOY / "kolla-ansible/swaparoo.yml", self.home / "ansible")
        shutil.copytree(DEPLOY / "roles/swaparoo", self.home / "ansible/roles/swaparoo")
        shutil.copytree(DEPLOY / "kolla-ansible/config", self.home / "config")
        shutil.copy(HERE / "kolla_render.yml", self.home / "ansible/render.yml")
        # A task that is skipped names this module, whose collection is not on PyPI.
        self.write("collections/ansible_collections/ansible/posix/plugins/modules/firewalld.py", "")

    def inventory(self):
        groups = ["control", "loadbalancer", "placement-api", "swaparoo", "mariadb"]
        hosts = "".join(f"{host} ansible_connection=local\n" for host in CONTROL)
        return hosts + "".join(f"[{group}]\n" + "\n".join(CONTROL) + "\n" for group in groups)

    def variables(self):
        yes = "yes" if self.tls else "no"
        return {
            "node_custom_config": self.inside("config"), "node_config": self.inside("etc"),
            "node_config_directory": self.inside("out"), "kolla_internal_vip_address": VIP, "network_interface": "eth0",
            "kolla_enable_tls_internal": yes, "kolla_enable_tls_backend": yes, "kolla_container_engine": "docker",
            "kolla_base_distro": "debian", "swaparoo_package": "/tmp/swaparoo.deb", "database_password": "secret",
            "kolla_tls_backend_cert": "/tmp/cert.pem", "kolla_tls_backend_key": "/tmp/key.pem",
            "haproxy_max_connections": 200, "haproxy_password": "secret", "keystone_admin_password": "secret",
            # Its own value needs the collection ansible.utils, which is not on PyPI.
            "kolla_same_external_internal_vip": True,
        }

    def variable_files(self):
        return [DEPLOY / "kolla-ansible/globals.yml", self.inside("variables.json")]

    def roles(self):
        return self.inside("ansible/roles")

    def main(self):
        return self.inside("ansible/swaparoo.yml")

    def render(self):
        self.playbook(self.inside("ansible/render.yml"))

    def haproxy_files(self):
        return [self.inside("out/haproxy/haproxy.cfg"), self.inside("out/haproxy/services.d/")]


class OpenStackAnsible(Cloud):
    """The example's variables, as openstack-ansible reads them, with what it has of its own."""

    def __init__(self, root, tls):
        super().__init__(root, tls)
        shutil.copytree(HERE / "openstack_ansible", self.home, dirs_exist_ok=True)

    def inventory(self):
        hosts = "".join(f"{host} ansible_connection=local management_address={ip}\n" for host, ip in ADDRESSES.items())
        groups = ["swaparoo", "placement_all", "haproxy"]
        return hosts + "".join(f"[{group}]\n" + "\n".join(CONTROL) + "\n" for group in groups)

    def variables(self):
        scheme = "https" if self.tls else "http"
        return {
            "internal_lb_vip_address": VIP, "galera_address": VIP, "galera_use_ssl": self.tls,
            "openstack_service_internaluri_proto": scheme, "keystone_service_internalurl": f"{scheme}://{VIP}:5000/v3",
            "openstack_service_backend_ssl": self.tls, "haproxy_ssl": self.tls, "haproxy_ssl_all_vips": True,
            "swaparoo_package": "/tmp/swaparoo.deb", "swaparoo_tls_certificate": "/tmp/cert.pem",
            "swaparoo_tls_key": "/tmp/key.pem", "out": self.inside("out"),
        }

    def variable_files(self):
        return [DEPLOY / "openstack-ansible/user_variables_swaparoo.yml", self.inside("variables.json")]

    def roles(self):
        return DEPLOY / "roles"

    def main(self):
        return DEPLOY / "openstack-ansible/swaparoo.yml"

    def haproxy_files(self):
        return [self.inside("haproxy.cfg"), self.inside("out/")]


def check_configuration(root):
    """The configuration and its files are right; only the services that it names do not answer here."""
    service = ["setpriv", "--reuid=swaparoo", "--regid=swaparoo", "--clear-groups", "env",
               "OS_CLIENT_CONFIG_PATH=/etc/swaparoo"]
    said = root.run(*service, "swaparoo", "doctor", "--config", "/etc/swaparoo/swaparoo.toml", expect=75)
    failed = sorted(line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("failed"))
    assert failed and set(failed) <= {"journal.url", "keystone", "placement", "nova"}, said
    assert "auth.tokens: /etc/swaparoo/tokens has 1 token" in said, said


def facts(host, address):
    return {
        "ansible_hostname": host, "ansible_eth0": {"ipv4": {"address": address}}, "ansible_os_family": "Debian",
        "ansible_default_ipv4": {"address": address}, "ansible_pkg_mgr": "apt", "ansible_service_mgr": "systemd",
        "ansible_distribution": "Debian", "ansible_python": {"executable": "/usr/bin/python3"},
        "ansible_distribution_release": "bookworm", "ansible_processor_vcpus": 2, "module_setup": True,
    }


if __name__ == "__main__":
    main()
