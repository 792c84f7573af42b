// What the component exports: `describe` and `nextStep` of the interface move-rules in wit/rules.wit.

import { Run, nextStep } from "./replay.js";
import * as rules from "./rules.js";

const SETTINGS = {
  type: "object",
  additionalProperties: false,
  properties: {
    attempts: { type: "integer", minimum: 1, maximum: 6, description: "the most writes of one move; default 4" },
  },
};

export const moveRules = {
  describe() {
    return {
      name: "{{name}}",
      version: "0.1.0",
      contract: "1.0.0",
      tasks: ["move", "replace", "revert"],
      settingsSchema: JSON.stringify(SETTINGS),
      endedStatuses: ["error", "failed", "cancelled", "completed", "confirmed", "reverted", "done"],
    };
  },

  nextStep(task, settings, history) {
    const run = new Run(history);
    const given = { attempts: 4, ...JSON.parse(settings ?? "{}") };
    return nextStep(run, rules[task.tag](run, task.val, given));
  },
};
