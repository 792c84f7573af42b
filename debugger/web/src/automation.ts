// For scripts that use the page without clicks, such as its own tests.
import type { Exchange, PolicyRef, Task } from "./rules/types";
import { addComponent, stepsByComponent, stepsByModule } from "./workers/policyWorkers";

export const automation = {
  /// Adds a component, and returns the reference of its policy.
  addComponent,
  /// The step after each number of exchanges in `cuts`, as JSON.
  steps(policy: PolicyRef, task: Task, history: Exchange[], cuts: number[]): Promise<string[]> {
    if (policy.kind === "component") return stepsByComponent(policy, task, history, cuts);
    return stepsByModule(policy.name, task, history, cuts);
  },
};
