// For scripts beside the page, such as its own tests: what it would do, without clicks.
import type { Exchange, PolicyRef, Task } from "./rules/types";
import { addComponent, stepsByComponent, stepsByModule } from "./workers/lab";

export const automation = {
  /// Adds a component, and gives the reference of its policy.
  addComponent,
  /// The steps after so many exchanges each, as JSON.
  steps(policy: PolicyRef, task: Task, history: Exchange[], cuts: number[]): Promise<string[]> {
    if (policy.kind === "component") return stepsByComponent(policy, task, history, cuts);
    return stepsByModule(policy.name, task, history, cuts);
  },
};
