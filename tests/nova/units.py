"""nova's seven unit tests of `move_allocations` with a runner, whose Placement answers with the tests' own mocks.

Some of them also assert how nova does it. Here the result is asserted instead; each test gives the reason.
"""
from nova.tests.unit.scheduler.client import test_report  # first: it patches Python

import json
import urllib.parse
import uuid
from unittest import mock

import environment
from nova import exception


class _Names:
    """Replaces `mock.sentinel` with names that can be sent over HTTP.

    Each test has its own, because the runner remembers the lost writes of a consumer, and reads until it is past them.
    """

    def __init__(self, test):
        self._test = test

    def __getattr__(self, name):
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._test} {name}"))


class _Mock:
    """unittest.mock, with other sentinels."""

    def __init__(self, test):
        self.sentinel = _Names(test)

    def __getattr__(self, name):
        return getattr(mock, name)


class MoveAllocations(test_report.TestMoveAllocations):
    """`mock_get` answers for both consumers, the source first; `mock_post` is what is posted."""

    def setUp(self):
        patched = mock.patch.object(test_report, "mock", _Mock(self.id()))
        patched.start()
        self.addCleanup(patched.stop)
        super().setUp()
        self._last = {}
        self._next = {}
        environment.current.front.app = self._placement
        self.addCleanup(setattr, environment.current.front, "app", None)

    def _moves(self):
        return self.client.move_allocations(self.context, self.source_consumer_uuid, self.target_consumer_uuid)

    def _posted(self, target_generation):
        """nova's payload without the providers' generations, which Placement ignores."""
        (_, payload), _ = self.mock_post.call_args
        whose = {"project_id": self.project_id, "user_id": self.user_id}
        held = {self.rp_uuid: {"resources": {"MEMORY_MB": 1024}}}
        target = {"allocations": held, "consumer_generation": target_generation, **whose}
        source = {"allocations": {}, "consumer_generation": 2, **whose}
        self.assertEqual({self.target_consumer_uuid: target, self.source_consumer_uuid: source}, payload)

    def test_move_to_empty_target(self):
        self.target_rsp.json.return_value = {"allocations": {}}
        self.assertTrue(self._moves())
        self._posted(None)

    def test_move_to_non_empty_target(self):
        """Without nova's debug line, since the runner's record of the task shows that it overwrote something."""
        self.assertTrue(self._moves())
        self._posted(1)

    def test_move_from_empty_source(self):
        """Without nova's log line, since the task's outcome is `already-moved`."""
        self.source_rsp.json.return_value = {"allocations": {}}
        self.assertTrue(self._moves())
        self.mock_post.assert_not_called()

    def test_not_409_failure(self):
        """Without nova's log line, since the runner's record of the task has the answer."""
        self.mock_post.return_value = mock.Mock(status_code=503, content="placement not there")
        self.assertFalse(self._moves())

    def _placement(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "GET":
            consumer = urllib.parse.unquote(environ["PATH_INFO"]).rsplit("/", 1)[1]
            return _answer(start_response, 200, json.dumps(self._read(consumer)))
        payload = json.loads(environ["wsgi.input"].read())
        version = environ["HTTP_OPENSTACK_API_VERSION"].removeprefix("placement ")
        request_id = environ.get("HTTP_X_OPENSTACK_REQUEST_ID")
        said = self.mock_post(environ["PATH_INFO"], payload, version=version, global_request_id=request_id)
        body = getattr(said, "content", None) or said.text
        return _answer(start_response, said.status_code, body if isinstance(body, (str, bytes)) else b"")

    def _read(self, consumer):
        """Both are read at once, in any order, and the rules may read more often than nova does."""
        if consumer not in self._next:
            try:
                both = [self.mock_get(self.client, None), self.mock_get(self.client, None)]
                self._last = dict(zip((self.source_consumer_uuid, self.target_consumer_uuid), both))
            except StopIteration:
                pass
            self._next = dict(self._last)
        return self._next.pop(consumer).json()


class UnderStandard(MoveAllocations):
    """The default rules: four of the seven tests differ, on purpose."""

    def test_move_to_non_empty_target(self):
        """The first write names no generation of the target, and Placement refuses it since the target holds something."""
        detail = "consumer generation conflict - expected 1 but got None"
        refused = json.dumps({"errors": [{"code": "placement.concurrent_update", "detail": detail}]})
        self.mock_post.side_effect = [mock.Mock(status_code=409, content=refused), mock.DEFAULT]
        self.assertTrue(self._moves())
        self._posted(1)

    def test_move_from_empty_source(self):
        """What the target holds is written once more as it was read: Placement refuses that if the read is out of date."""
        self.source_rsp.json.return_value = {"allocations": {}}
        self.assertTrue(self._moves())
        ((url, payload), _), = self.mock_post.call_args_list
        held = {self.rp_uuid: {"resources": {"MEMORY_MB": 2048}}}
        self.assertEqual(f"/allocations/{self.target_consumer_uuid}", url)
        self.assertEqual((held, 1), (payload["allocations"], payload["consumer_generation"]))

    def test_409_concurrent_provider_update(self):
        """When the attempts are used up, it raises an exception instead of False, which compute services ignore."""
        refused = '{"errors": [{"code": "placement.concurrent_update", "detail": ""}]}'
        self.mock_post.return_value = mock.Mock(status_code=409, content=refused)
        self.assertRaises(exception.AllocationMoveFailed, self._moves)
        self.assertGreaterEqual(self.mock_post.call_count, 4)

    def test_not_409_failure(self):
        """A proxy's 503 does not show whether the write was done; a person must look if reads do not show it."""
        self.mock_post.return_value = mock.Mock(status_code=503, content="placement not there")
        failed = self.assertRaises(exception.AllocationMoveFailed, self._moves)
        self.assertIn("unsettled", str(failed))


def _answer(start_response, status, body):
    body = body.encode() if isinstance(body, str) else body
    headers = [] if status == 204 else [("content-type", "application/json")]
    start_response("%d as the test has it" % status, headers)
    return [body]
