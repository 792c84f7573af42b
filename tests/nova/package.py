"""The package knows all failures and questions of the contract, and its configuration errors name the wrong value."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import dataclasses
import re
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import yaml
from nova import context, exception, objects
from oslo_config import cfg
from swaparoo_nova import answer, config, errors, facts, releases
from swaparoo_nova.adapter import ConductorAdapter
from swaparoo_nova.replacement import Replacement
from swaparoo_nova.unsupported import Unsupported

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


class Errors(unittest.TestCase):
    """What the rules raise in nova's name."""

    def raised(self, name):
        failure = answer.Failure("nova-failed", "the whole text", (name, "why"))
        return errors.exception_for(failure, "source", "target")

    def test_each_exception_of_nova_keeps_its_class(self):
        own = [one for one in vars(exception).values() if isinstance(one, type)
               and issubclass(one, exception.NovaException)]
        self.assertGreater(len(own), 300)
        for one in own:
            self.assertIs(one, type(self.raised(one.__name__)))

    def test_others_are_migration_errors(self):
        for name in ("KeyError", "ConnectFailure", "LOG", "Abandoned"):
            self.assertIs(exception.MigrationError, type(self.raised(name)))

    def test_the_refusals_of_a_task_are_told(self):
        refused = {"kind": "refused", "status": 409, "code": "placement.undefined_code", "detail": "no\x1broom"}
        history = [
            {"effect": {"kind": "get-allocations"}, "reply": {"kind": "holding"}}, "neither",
            {"effect": {"kind": "put-allocations"}, "reply": refused},
        ]
        self.assertEqual(["put-allocations: 409 placement.undefined_code: no room"],
                         [str(refusal) for refusal in answer._refusals({"history": history})])
        self.assertEqual([], answer._refusals({"history": "none"}))


class GivenUp(unittest.TestCase):
    """The answers of a conductor that has given a migration up: nothing is begun any more."""

    def test_only_facts_and_the_last_status(self):
        class Adapter(ConductorAdapter):
            def __call__(self, effect):
                return "as before"

        adapter = Adapter(types.SimpleNamespace(context=None, instance=types.SimpleNamespace(uuid="c0ffee")))
        as_before = {
            kind for kind in adapter._answers
            if adapter.after_giving_up({"kind": kind, "status": "error"}) == "as before"
        }
        facts_and_status = {"find-server", "find-compute-node", "find-migration", "get-migration", "save-migration"}
        self.assertEqual(facts_and_status, as_before)
        again = adapter.after_giving_up({"kind": "save-migration", "status": "post-migrating"})
        self.assertEqual("nova-error", again["kind"])


class Releases(unittest.TestCase):
    def test_this_nova_is_supported(self):
        self.assertIn(releases.installed().major, releases.SUPPORTED)

    def test_another_one_is_refused_by_name(self):
        for number in ("28.3.0", "30.1.0", "35.0.0", ""):
            with self.assertRaises(Unsupported) as raised:
                releases.of(number)
            self.assertIn(f"nova {number} is not supported", str(raised.exception))
            self.assertIn("29 (2024.1), 31 (2025.1), 32 (2025.2), 33 (2026.1), 34 (2026.2)", str(raised.exception))

    def test_the_operator_s_page_names_the_tested_versions(self):
        page = (Path(__file__).resolve().parents[2] / "docs/nova.md").read_text()
        for release in releases.SUPPORTED.values():
            self.assertIn(f"| {release.name} | {release.tested} |", page)

    def test_a_patched_nova_is_refused(self):
        patched = types.SimpleNamespace(__name__="patched", moved=lambda context, source: None)
        for name, says in (("moved", "patched.moved has the parameters ('context', 'source')"),
                           ("other", "patched.other: this nova does not have it")):
            with self.assertRaises(Unsupported) as raised:
                Replacement(patched, name, ("context",), lambda own: own).check()
            self.assertIn(says, str(raised.exception))

    def test_the_package_names_the_same_releases(self):
        text = (Path(__file__).resolve().parents[2] / "nova/pyproject.toml").read_text()
        first, last = min(releases.SUPPORTED), max(releases.SUPPORTED)
        left_out = set(range(first, last + 1)) - set(releases.SUPPORTED)
        bounds = [f"nova>={first}", f"<{last + 1}", *(f"!={major}.*" for major in sorted(left_out))]
        self.assertIn(f'dependencies = ["{",".join(bounds)}"]', text)


class ReleaseNotes(unittest.TestCase):
    def test_they_have_the_form_of_reno(self):
        notes = list((Path(__file__).resolve().parents[2] / "nova/releasenotes/notes").glob("*.yaml"))
        self.assertTrue(notes)
        for note in notes:
            self.assertRegex(note.stem, r"-[0-9a-f]{16}$")
            sections = yaml.safe_load(note.read_text())
            self.assertLessEqual(set(sections), {"prelude", "features", "issues", "upgrade", "deprecations", "critical",
                                                 "security", "fixes", "other"})
            for name, entries in sections.items():
                self.assertIsInstance(entries, str if name == "prelude" else list)
                self.assertTrue(all(isinstance(entry, str) for entry in entries), note)


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
        unreadable = dataclasses.replace(releases.installed(), flavor_resources=mock.Mock(side_effect=ValueError))
        with mock.patch.object(releases, "installed", return_value=unreadable):
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
        self.assertEqual([runner.socket for runner in settings.runners], ["/run/swaparoo/swaparoo.sock"])
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
