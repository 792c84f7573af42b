"""The package knows all failures and questions of the contract, and its configuration errors name the wrong value."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import re
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from nova import context, objects
from oslo_config import cfg
from swaparoo_nova import answer, config, errors, facts
from swaparoo_nova.adapter import ConductorAdapter

WIT = (Path(__file__).resolve().parents[2] / "wit/migrations.wit").read_text()
# Effects that Placement or the runner itself answers.
NOT_NOVAS = {
    "get-allocations", "post-allocations", "put-allocations", "delete-allocations", "get-provider-traits", "pause",
}


def cases(variant):
    """The cases of a variant of the contract."""
    body = re.search(r"variant %s \{(.*?)\n    \}" % variant, WIT, re.DOTALL)[1]
    return set(re.findall(r"^        ([a-z0-9-]+)(?:\(|,)", body, re.MULTILINE))


class Contract(unittest.TestCase):
    def test_every_failure_is_something_to_nova(self):
        self.assertEqual(cases("failure"), set(errors.TABLE))

    def test_every_outcome_is_one_of_the_contract(self):
        """The other failures belong to tasks that nova does not start (confirm, revert-resize, abort, release)."""
        others = {"released", "reduced", "nothing-held", "aborted"}
        self.assertEqual(cases("outcome") - others, set().union(*answer.OUTCOMES.values()))
        self.assertLessEqual(set(answer.OUTCOMES), cases("task"))

    def test_every_question_has_an_answer(self):
        task = types.SimpleNamespace(context=None, instance=types.SimpleNamespace(uuid="c0ffee"))
        self.assertEqual(cases("effect") - NOT_NOVAS, set(ConductorAdapter(task)._answers))


class Facts(unittest.TestCase):
    """The details of a server, from nova's own Instance."""

    @classmethod
    def setUpClass(cls):
        objects.register_all()

    def reply(self, task_state=None, **specs):
        flavor = objects.Flavor(
            vcpus=2, memory_mb=2048, root_gb=20, ephemeral_gb=5, swap=1025, extra_specs=specs, flavorid="1")
        instance = objects.Instance(
            uuid="50000000-0000-4000-8000-000000000001", host="h1", node="n1", vm_state="active", task_state=task_state,
            deleted=False, flavor=flavor)
        with mock.patch.object(objects.Instance, "get_by_uuid", return_value=instance):
            return facts.server_reply(context.get_admin_context(), instance.uuid)

    def test_a_present_server_has_details(self):
        details = self.reply(task_state="rebuilding")["details"]
        self.assertEqual(
            [details[key] for key in ("host", "node", "vm_state", "task_state", "migrations")],
            ["h1", "n1", "active", "rebuilding", None])

    def test_the_flavor_requires_what_the_scheduler_asks_for(self):
        amounts = lambda reply: {of["class"]: of["amount"] for of in reply["details"]["flavor"]}
        usual = {"VCPU": 2, "MEMORY_MB": 2048}
        self.assertEqual(amounts(self.reply()), usual)
        self.assertEqual(amounts(self.reply(**{"hw:cpu_policy": "dedicated"})), usual)
        self.assertEqual(amounts(self.reply(**{"resources:CUSTOM_GOLD": "1"})), {**usual, "CUSTOM_GOLD": 1})

    def test_a_flavor_that_nova_cannot_read_is_not_known(self):
        with mock.patch("nova.scheduler.utils.resources_from_flavor_and_bfv", side_effect=ValueError):
            reply = self.reply()
        self.assertEqual((reply["state"], reply["details"]["flavor"]), ("present", None))


class Section(unittest.TestCase):
    def settings(self, text):
        conf = cfg.ConfigOpts()
        config.register(conf)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("[swaparoo]\n" + text)
            file.flush()
            conf([], default_config_files=[file.name])
        return config.settings(conf)

    def test_the_defaults(self):
        settings = self.settings("endpoint = /run/swaparoo/swaparoo.sock")
        self.assertEqual(settings.socket, "/run/swaparoo/swaparoo.sock")
        self.assertEqual((settings.timeout, settings.fallback, settings.tasks), (30, "fail", False))
        self.assertEqual((settings.task_timeout, settings.token_over_http), (1800, False))
        # Settings without a file have the same values.
        self.assertEqual(settings, config.Settings(endpoint=settings.endpoint))

    def test_every_option_is_in_the_operator_s_page(self):
        page = (Path(__file__).resolve().parents[2] / "docs/nova.md").read_text()
        for option in config.OPTIONS:
            self.assertRegex(page, rf"(?m)^    #?{option.name} = ")
            self.assertTrue(option.help)

    def test_an_error_names_the_wrong_value(self):
        for text, says in [
            ("", "[swaparoo] endpoint is not set"),
            ("endpoint = runner:8786", "endpoint is 'runner:8786'"),
            ("endpoint = http://runner\ntoken_file = /nowhere/token", "/nowhere/token"),
        ]:
            with self.assertRaises(config.Misconfigured) as raised:
                self.settings(text)
            self.assertIn(says, str(raised.exception))
