"""What the component exports: `describe` and `next-step` of the interface move-rules in wit/rules.wit."""

import json

import rules
from replay import Run, next_step
from wit_world import exports
from wit_world.imports.moves import Description, Task_Move, Task_Replace, Task_Revert, TaskKind

SETTINGS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "attempts": {
            "type": "integer",
            "minimum": 1,
            "maximum": 6,
            "description": "the most writes of one move; default 4",
        },
    },
}

# nova does not continue a migration with one of these statuses.
ENDED = ["error", "failed", "cancelled", "completed", "confirmed", "reverted", "done"]

RULES = {Task_Move: rules.move, Task_Replace: rules.replace, Task_Revert: rules.revert}


class MoveRules(exports.MoveRules):
    def describe(self):
        return Description(
            name="python",
            version="0.1.0",
            contract="1.0.0",
            tasks=[TaskKind.MOVE, TaskKind.REPLACE, TaskKind.REVERT],
            settings_schema=json.dumps(SETTINGS),
            ended_statuses=ENDED,
        )

    def next_step(self, task, settings, history):
        run = Run(history)
        attempts = json.loads(settings or "{}").get("attempts", 4)
        return next_step(run, RULES[type(task)](run, task.value, attempts))
