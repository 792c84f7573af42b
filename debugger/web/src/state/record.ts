// A run as a test: a record in the service's format. `swaparoo replay` decides it again, and the project's tests do
// this with every file in `tests/records`.
import { loadFull } from "../rules/module";
import type { RunView, Recorded, RecordFile } from "../rules/types";
import { versionOf } from "../workers/components";
import type { Fork } from "./document";
import { opened } from "./store";

export async function recordOf(fork: Fork, run: RunView): Promise<RecordFile> {
  const rules = await loadFull();
  const { policy } = fork;
  if (policy.kind === "recorded") return asRecorded(policy);
  // The page supports one version of the contract, for all rules.
  const described = rules.describe(policy.kind === "built-in" ? policy.name : "standard");
  const version = policy.kind === "built-in" ? described.version : versionOf(policy);
  const step = run.steps.at(-1)?.step;
  if (!step || step.kind === "perform") throw new Error("the course has no end, so a test of it would expect nothing");
  return {
    format: "swaparoo-record/1",
    contract: described.contract,
    id: newId(),
    task: run.task,
    // The page's built-in rules are not a component, so they have no digest.
    policy: { name: policy.name, version, digest: policy.kind === "component" ? policy.digest : "" },
    history: run.exchanges.map(({ effect, reply }) => ({ effect, reply })),
    end: step.kind === "finished" ? { finished: step.outcome } : { failed: failed(run, step.failure) },
  };
}

/// The recorded exchanges, with the policy that decided them and the recorded end.
async function asRecorded({ name, version, digest }: Recorded): Promise<RecordFile> {
  const { contract } = (await loadFull()).describe("standard");
  const source = opened.value?.source;
  if (source?.kind !== "task" || !source.end) throw new Error("the end of the task was not recorded, so a test of it would expect nothing");
  const { task, history, end } = source;
  const { beside, unavoidableAfter: after } = opened.value ?? {};
  const others = { ...(beside && { beside }), ...(after !== undefined && { unavoidable_after: after }) };
  return { format: "swaparoo-record/1", contract, id: newId(), task, policy: { name, version, digest }, history, ...others, end };
}

function failed(run: RunView, failure: { kind: string }): object {
  const { kind, ...data } = failure;
  return { code: kind, detail: run.end.text, data };
}

/// A UUID of version 4. The browser has its own function for it only on pages served by https or from this machine.
function newId(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
