"""Adjustments that the OpenAPI description cannot express."""
import os
import pathlib

import schemathesis
from hypothesis import strategies
from schemathesis.openapi.checks import RejectedPositiveData

COMPONENT = pathlib.Path(os.environ["SWAPAROO_POLICIES"], "nova-34.wasm").read_bytes()


def spoiled(at):
    """The component with one changed byte."""
    return COMPONENT[:at] + bytes([COMPONENT[at] ^ 0xFF]) + COMPONENT[at + 1:]


places = strategies.integers(0, len(COMPONENT) - 1)
schemathesis.openapi.media_type("application/wasm", strategies.one_of(
    strategies.binary(), strategies.just(COMPONENT), places.map(spoiled), places.map(lambda end: COMPONENT[:end])))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Shortens waits: a task behind an unanswered question does not end, and a wait may take a minute."""
    if (case.query or {}).get("wait") in range(2, 61):
        case.query["wait"] %= 2


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """2.0 is an integer for JSON Schema, but the service accepts only integers without a decimal point."""
    return not (isinstance(failure, RejectedPositiveData) and b"invalid type: floating point" in response.content)
