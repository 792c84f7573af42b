"""The invalid answers of a broken runner, and the text about each of them in nova's log."""
import gzip
import json
import threading

import broken_runner
from broken_runner import asks, drips, floods, holds, says, sends, task

SOURCE, TARGET = "c0ffee00-0000-0000-0000-000000000001", "c0ffee00-0000-0000-0000-000000000002"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
MIB = bytes(1 << 20)


def finished(outcome, **fields):
    return says(task("finished", outcome=outcome, **fields))


def failed(failure, **fields):
    return says(task("failed", failure=failure, **fields))


def waiting(waiting_for):
    return says(task("waiting", waiting_for=waiting_for))


def asks_for_ever(channel, request):
    """Another question each time."""
    asks_for_ever.first += 1
    server = {"kind": "find-server", "server": SOURCE}
    says(asks(server, first=asks_for_ever.first))(channel, request)


asks_for_ever.first = 0


def another_afterwards(channel, request):
    """Answer the POST correctly, and each GET with the end of another task."""
    another = SOURCE.replace("c0ffee", "badbad")
    ended = task("finished", id=another, outcome={"kind": "nothing-to-move"})
    says(task() if request.method == b"POST" else ended)(channel, request)


# Set at the end of each test, to stop the broken runner.
over = threading.Event()

# The runner's behaviour, and the text about it in the log line.
CASES = {
    "html": (says(b"<html>502</html>", content_type="text/html"), "not JSON (text/html"),
    "nothing": (says(b""), "not JSON"),
    "no_content": (says(b"", status=204), "not JSON"),
    "an_empty_object": (says({}), "id is None"),
    "a_list": (says([]), "id is None"),
    "null": (says(b"null"), "id is None"),
    "deep_lists": (says(b"[" * 200_000), "recursion"),
    "deep_objects": (says(b'{"a":' * 200_000 + b"1" + b"}" * 200_000), "recursion"),
    "millions_of_lists": (says(b"[" + b"[]," * 2_500_000 + b"[]]"), "more than 500000 values"),
    "many_lists": (says(b"[" + b"[]," * 240_000 + b"[]]"), "id is None"),
    "no_utf_8": (says(b'{"id": "\xff"}'), "not JSON"),
    "half_a_character": (says(json.dumps(task("failed", failure={"code": "x", "detail": "\ud800"}))
                              .encode()), "surrogates not allowed"),
    "nan": (says(b'{"id": NaN}'), "not JSON"),
    "a_number_without_end": (says(b'{"id": ' + b"9" * 100_000 + b"}"), "not JSON"),
    "no_state": (says(task(None)), "state is None"),
    "an_unknown_state": (says(task("resting")), "its state is 'resting'"),
    "always_running": (says(task("running")), "is still running after"),
    "always_queued": (says(task("queued")), "is still queued after"),
    "always_waiting_for_nothing": (says(task("waiting")), "is still waiting after"),
    "the_same_question_for_ever": (says(asks({"kind": "find-server", "server": SOURCE})), "is still waiting after"),
    "another_question_for_ever": (asks_for_ever, "asks more than 20 questions"),
    "finished_without_an_outcome": (finished(None), "outcome is None"),
    "finished_with_nothing": (finished({}), "kind is None"),
    "finished_with_an_unknown_outcome": (finished({"kind": "all-right"}), "does not end with the outcome 'all-right'"),
    "finished_as_another_task": (finished({"kind": "started"}), "does not end with the outcome 'started'"),
    "finished_and_failed": (finished({"kind": "nothing-to-move"}, failure={"code": "leaked"}), "finished and has fail"),
    "moved_and_no_allocations": (finished({"kind": "moved"}), "allocations is None"),
    "moved_and_no_amount": (finished({"kind": "moved", "allocations": [
        {"provider": SOURCE, "resources": [{"class": "VCPU", "amount": "1"}]}]}), "amount is '1'"),
    "moved_and_a_negative_amount": (finished({"kind": "moved", "allocations": [
        {"provider": SOURCE, "resources": [{"class": "VCPU", "amount": -1}]}]}), "amount is -1"),
    "failed_without_a_failure": (failed(None), "failure is None"),
    "failed_with_a_strange_code": (failed({"code": ["leaked"], "detail": ""}), "code is ['leaked']"),
    "failed_with_a_strange_cause": (failed({"code": "nova-failed", "detail": "", "data": {"cause": {"error": []}}}),
                                    "error is []"),
    "parked_without_a_reason": (says(task("parked")), "parked is None"),
    "parked_with_a_letter_to_the_terminal": (says(task("parked", parked="a\x1b[2J\n\u202eb")), "is parked: a [2J  b"),
    "a_strange_id": (says(task(id="../policies")), "'../policies'"),
    "another_task_afterwards": (another_afterwards, f"instead of {broken_runner.ID}"),
    "a_task_of_another_kind": (says(task(kind="release")), "'release' instead of move"),
    "waiting_for_text": (waiting("all"), "waiting_for is 'all'"),
    "waiting_for_a_strange_index": (waiting([{"kind": "reply", "index": True, "effect": {}}]), "index is True"),
    "waiting_for_no_effect": (waiting([{"kind": "reply", "index": 0, "effect": "all"}]), "effect is 'all'"),
    "an_unknown_question": (says(asks({"kind": "find-peace"})), "'find-peace' in a move"),
    "a_question_without_a_server": (says(asks({"kind": "find-server"})), "server is None"),
    "no_answer": (holds(over), "no whole answer within"),
    "hangs_up": (sends(), "no whole answer"),
    "half_an_answer": (sends(OK, b"content-length: 1000\r\n\r\n{"), "no whole answer"),
    "headers_that_are_none": (sends(OK, b"no colon\r\n: x\r\n\r\n{}"), "HeaderParsingError"),
    "not_http": (sends(b"SSH-2.0-OpenSSH_9.2\r\n"), "no whole answer"),
    "a_body_by_the_byte": (drips(OK + b"content-length: 100000\r\n\r\n", over), "no whole answer within"),
    "a_body_by_the_byte_until_it_closes": (drips(OK + b"\r\n", over), "no whole answer within"),
    "a_head_by_the_byte": (drips(b"HTTP/1.1 200 OK\r\nx: ", over, b"x"), "no whole answer within"),
    "a_chunk_by_the_byte": (drips(OK + b"transfer-encoding: chunked\r\n\r\nFFFFF\r\n", over), "no whole answer within"),
    "a_chunk_s_size_by_the_byte": (drips(OK + b"transfer-encoding: chunked\r\n\r\n", over, b"0"), "no whole answer"),
    "a_gigabyte": (floods(OK + b"content-length: 1000000000\r\n\r\n", MIB, over), "more than 8 MiB"),
    "a_body_without_end": (floods(OK + b"\r\n", MIB, over), "more than 8 MiB"),
    "chunks_without_end": (floods(OK + b"transfer-encoding: chunked\r\n\r\n", b"100000\r\n" + MIB + b"\r\n", over),
                           "more than 8 MiB"),
    "a_chunk_of_less_than_nothing": (floods(OK + b"transfer-encoding: chunked\r\n\r\n-1\r\n", MIB, over),
                                     "no whole answer"),
    "headers_without_end": (floods(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 1000, over), "no whole answer"),
    "continue_without_end": (floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, over), "no whole answer"),
    "a_small_body_that_is_large": (says(gzip.compress(bytes(100 << 20)), content_encoding="gzip"), "encoded as 'gzip'"),
    "retry_after_that_is_no_number": (says(b"", status=503, retry_after="\u00b2"), "503: this is not a runner's error"),
    "retry_after_in_thirty_years": (says(b"", status=503, retry_after="1000000000"), "503: this is not a runner's error"),
    "retry_after_beyond_float": (says(b"", status=503, retry_after="9" * 4000), "503: this is not a runner's error"),
    "retry_after_at_a_date": (says(b"", status=503, retry_after="Fri, 27 Nov 2099 00:00:00 GMT"), "503: this is not"),
    "a_strange_error": (says({"errors": [{"code": ["x"], "detail": {}}]}, status=400), "400: this is not a runner's error"),
    "no_error": (says({"errors": []}, status=404), "404: this is not a runner's error"),
    "a_proxy_s_error": (says(b"<html>", status=403, content_type="text/html"), "403: this is not a runner's error"),
    "upgrade": (says(b"", status=101), "101: this is not a runner's error"),
}
