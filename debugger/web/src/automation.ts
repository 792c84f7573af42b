// For scripts that use the page without clicks, such as its own tests.
import type { Exchange, PolicyRef, Task } from "./rules/types";

const workers = () => import("./workers/policyWorkers");

export const automation = {
  /// Adds a component, and returns the reference of its policy.
  async addComponent(file: string, bytes: Uint8Array): Promise<PolicyRef & { kind: "component" }> {
    return (await workers()).addComponent(file, bytes);
  },
  /// The step after each number of exchanges in `cuts`, as JSON.
  async steps(policy: PolicyRef, task: Task, history: Exchange[], cuts: number[]): Promise<string[]> {
    const { stepsByComponent, stepsByModule } = await workers();
    if (policy.kind === "component") return stepsByComponent(policy, task, history, cuts);
    return stepsByModule(policy.name, task, history, cuts);
  },
};
