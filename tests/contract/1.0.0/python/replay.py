"""Runs a rule over the history of its task.

A rule is a generator. It yields an effect (or a list of effects that may run at the same time) and gets the reply (or a
list of replies). The host calls the policy again after every step, with all that has happened so far: so the rule runs
from its first line each time, over the recorded replies, and gets one step further. A rule must take the same path
every time: it may use only its task, its settings and the replies.
"""

import json

from wit_world.imports.log import Reason
from wit_world.imports.moves import (
    Diverged,
    Failed as FailedStep,
    Failure_Diverged,
    Finished,
    Perform,
    Step_Failed,
    Step_Finished,
    Step_Perform,
)


class Unexpected(Exception):
    """The reply does not answer the effect, so these rules cannot have produced the history."""


class Failed(Exception):
    """The task fails; `failure` is a case of the contract's `failure`."""

    def __init__(self, failure):
        super().__init__(failure)
        self.failure = failure


class Run:
    """What a rule knows of the run: where it is, and why it goes on."""

    def __init__(self, history):
        self.history = history
        self.at = 0
        self.given = []

    def because(self, code, text, **data):
        """Adds a reason to the next step. `text` is shown to people; `code` names the rule in tests and tools."""
        self.given.append((code, text, data))

    @property
    def reasons(self):
        """The reasons as the contract has them. Most are given for recorded steps, and are never read."""
        return [Reason(code, json.dumps({"text": text, **data})) for code, text, data in self.given]

    @property
    def last(self):
        """The position in the history of the effect that was answered last."""
        return self.at - 1

    def unexpected(self, back=1):
        """For a reply of a kind that cannot answer its effect, `back` effects before the next one."""
        self.at -= back
        return Unexpected()


def next_step(run, rule):
    """The next step of `rule` after the exchanges of `run`."""
    answer = None
    while True:
        try:
            asked = rule.send(answer)
        except StopIteration as end:
            return ended(run, Step_Finished(Finished(end.value, run.reasons)))
        except Failed as failed:
            return ended(run, Step_Failed(FailedStep(failed.failure, run.reasons)))
        except Unexpected:
            return diverged(run.at, run.history[run.at].effect)
        effects = asked if isinstance(asked, list) else [asked]
        recorded = run.history[run.at : run.at + len(effects)]
        for place, (effect, exchange) in enumerate(zip(effects, recorded)):
            if exchange.effect != effect:
                return diverged(run.at + place, effect)
        # If the host ended between the effects of a step, only the first ones are recorded.
        missing = effects[len(recorded) :]
        if missing:
            return Step_Perform(Perform(missing, run.reasons))
        run.at += len(effects)
        run.given = []
        replies = [exchange.reply for exchange in recorded]
        answer = replies if isinstance(asked, list) else replies[0]


def ended(run, step):
    """The last step, unless the history goes on after it."""
    return step if run.at == len(run.history) else diverged(run.at, None)


def diverged(index, asked):
    return Step_Failed(FailedStep(Failure_Diverged(Diverged(index, asked)), []))
