// The page's side of its workers: added components, and explorations. Each component runs in its own worker, which is
// stopped when an answer takes too long, so a policy cannot block the page.
import { loadFull } from "../rules/module";
import { added, type Component, components, known } from "./components";
import type { Change, RunView, PolicyRef, Portion, Source, Step, Exchange, Task } from "../rules/types";

/// Generous: a policy's longest run takes milliseconds.
const TIMEOUT_MS = 5_000;
/// The first answer also waits for the transpiler, which is 4 MB.
const FIRST_TIMEOUT_MS = 20_000;

let next = 0;

export async function addComponent(file: string, bytes: Uint8Array): Promise<PolicyRef & { kind: "component" }> {
  // Over plain http from another machine, browsers event no cryptography.
  if (!crypto.subtle) throw new Error("a component is identified by its digest, which a browser computes only on a page served by https or from this machine");
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
  const digest = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const component: Component = components.get(digest) ?? { name: file.replace(/\.wasm$/, ""), version: "", bytes, hasAnswered: false };
  components.set(digest, component);
  try {
    const { name, version } = await ask<{ name: string; version: string }>(component, { kind: "describe" });
    Object.assign(component, { name, version });
    added.value++;
  } catch (error) {
    components.delete(digest);
    component.worker?.terminate();
    throw new Error(`${file} cannot be run as a policy: ${(error as Error).message}`, { cause: error });
  }
  return { kind: "component", digest, name: component.name };
}

export async function playByComponent(policy: PolicyRef, source: Source, changes: Change[], open: boolean): Promise<RunView> {
  return ask<RunView>(known(policy), { kind: "play", source, changes, open });
}

/// The steps of one task after each prefix of its history, as JSON, to compare them with a service's.
export async function stepsByComponent(policy: PolicyRef, task: Task, history: Exchange[], cuts: number[]): Promise<string[]> {
  return ask<string[]>(known(policy), { kind: "steps", task, history, cuts });
}

export async function stepsByModule(policy: string, task: Task, history: Exchange[], cuts: number[]): Promise<string[]> {
  const rules = await loadFull();
  return cuts.map((cut) => JSON.stringify(rules.nextStep(policy, task, history.slice(0, cut)) as Step));
}

function ask<T>(component: Component, question: object): Promise<T> {
  component.worker ??= new Worker(new URL("./component.ts", import.meta.url), { type: "module", name: "component" });
  const worker = component.worker;
  const id = next++;
  const timeout = component.hasAnswered ? TIMEOUT_MS : FIRST_TIMEOUT_MS;
  return new Promise<T>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      worker.removeEventListener("message", onMessage);
      worker.removeEventListener("error", onError);
    };
    const fail = (why: string) => {
      end();
      worker.terminate();
      delete component.worker;
      component.hasAnswered = false;
      reject(new Error(why));
    };
    const timer = setTimeout(() => fail(`the policy gave no answer in ${timeout / 1000} s, and was stopped`), timeout);
    const onError = (event: ErrorEvent) => fail(event.message || "the policy's worker could not be started");
    const onMessage = ({ data }: MessageEvent<{ id: number; newDocument?: true; answer?: T; failure?: string }>) => {
      if (data.id !== id) return;
      end();
      component.hasAnswered = true;
      if (data.failure === undefined) resolve(data.answer as T);
      else reject(new Error(data.failure));
    };
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", onError);
    worker.postMessage({ id, bytes: component.bytes, ...question });
  });
}

export interface ExplorationHandle {
  stop(): void;
}

/// More use more memory than they save time.
const MOST_WORKERS = 8;

/// Explores in a worker for each processor core, and passes on each portion as it arrives, with the numbers of all workers.
export function explore(
  policy: PolicyRef,
  source: Source,
  changes: Change[],
  from: number,
  most: number,
  onMessage: (portion: Portion) => void,
  failed: (why: string) => void,
): ExplorationHandle {
  const bytes = policy.kind === "component" ? known(policy).bytes : undefined;
  const shares = Math.min(navigator.hardwareConcurrency || 1, MOST_WORKERS);
  const last: Portion[] = Array.from({ length: shares }, () => ({ histories: 0, calls: 0, done: false, paths: [] }));
  const fail = (why: string) => {
    stop();
    failed(why);
  };
  const workers = last.map((_, number) => {
    const worker = bytes
      ? new Worker(new URL("./component.ts", import.meta.url), { type: "module", name: "component" })
      : new Worker(new URL("./explore.ts", import.meta.url), { type: "module", name: "explore" });
    worker.addEventListener("message", ({ data }: MessageEvent<{ answer?: Portion; failure?: string }>) => {
      if (data.failure !== undefined) return fail(data.failure);
      if (!data.answer) return;
      last[number] = { ...data.answer, paths: [] };
      onMessage({ ...together(last), paths: data.answer.paths });
      if (data.answer.done) worker.terminate();
    });
    worker.addEventListener("error", (event) => fail(event.message || "the worker could not be started"));
    worker.postMessage({ id: 0, kind: "explore", policy: policy.name, source, changes, from, most, share: { number, of: shares }, bytes });
    return worker;
  });
  const stop = () => workers.forEach((worker) => worker.terminate());
  return { stop };
}

/// The numbers of all workers.
function together(all: Portion[]): Omit<Portion, "paths"> {
  const sum = (number: (one: Portion) => number) => all.reduce((sum, one) => sum + number(one), 0);
  return { histories: sum(({ histories }) => histories), calls: sum(({ calls }) => calls), done: all.every(({ done }) => done) };
}
