// The page's state: signals, and the functions that change them.
import { batch, computed, effect, signal } from "@preact/signals";
import { playNow } from "../rules/module";
import { type Change, type RunView, playableFor, identity, type Playable, type PolicyRef, type Recorded, samePolicy } from "../rules/types";
import { component } from "../service";
import { hasComponent, knownComponents } from "../workers/components";
import { isInWorker, playInWorker, recordedInWorker } from "../workers/largeFiles";
import * as rules from "../rules/module";
import { activeFork, type Document } from "./document";
import { Changes, type Place } from "./undo";

export type View = "step" | "compare" | "explore";
export type RunState = { state: "playing" } | { state: "played"; run: RunView; noReasons?: string } | { state: "failed"; why: string };

/// The most exchanges that rules are played through; the same limit as in the module.
const LONGEST = 2_000;

export const opened = signal<Document | undefined>(undefined);
export const view = signal<View>("step");
export const failure = signal<string | undefined>(undefined);
/// A message that is not part of the document.
export const message = signal<string | undefined>(undefined);
const runs = signal<ReadonlyMap<string, RunState>>(new Map());

/// The columns of Compare, by their keys; none: the first ones.
export const compared = signal<string[] | undefined>(undefined);
/// Whether strips are to scale by time, where the times are known. It stays when something else is opened.
export const toTime = signal(false);
/// Whether the slider is still being dragged: the address then changes in place, so that Back does not stop at each step.
export const moving = { current: false };
export const changes = new Changes<View>();

function place(): Place<View> {
  return { document: opened.peek(), view: view.peek() };
}

/// Shows a document, or none, without remembering what was shown before.
export function show(document: Document | undefined, then: View = "step", columns?: string[]): void {
  batch(() => {
    if (document?.source !== opened.peek()?.source) {
      runs.value = new Map();
      outdated.clear();
    }
    failure.value = undefined;
    message.value = undefined;
    moving.current = false;
    view.value = then;
    compared.value = columns;
    opened.value = document;
  });
}

export function openDocument(document: Document): void {
  if (opened.peek()) changes.remember("open another", place());
  show(document);
}

export function closeDocument(): void {
  changes.remember("close", place());
  show(undefined);
}

export function undo(): void {
  const before = changes.undo(place());
  if (before) show(before.document, before.view, compared.peek());
}

export function redo(): void {
  const after = changes.redo(place());
  if (after) show(after.document, after.view, compared.peek());
}

/// The runs of an older reading of the document, which are shown until the new ones are there.
const outdated = new Set<string>();

/// Replaces the document by a newer reading of the same task.
export function renew(document: Document): void {
  for (const key of runs.value.keys()) outdated.add(key);
  opened.value = document;
}

function edit(what: string, change: (document: Document) => Document, then = view.peek()): void {
  const document = opened.peek();
  if (!document) return;
  changes.remember(what, place());
  batch(() => {
    moving.current = false;
    opened.value = change(document);
    view.value = then;
  });
}

export function addFork(name: string, policy: PolicyRef, changes: Change[], at: number, then: View = "step"): void {
  const add = (document: Document): Document => {
    const id = Math.max(...document.forks.map((fork) => fork.id)) + 1;
    return { ...document, forks: [...document.forks, { id, name, policy, changes }], fork: id, at };
  };
  edit("add a course", add, then);
}

export function renameFork(id: number, name: string): void {
  edit("rename", (document) => ({ ...document, forks: document.forks.map((fork) => (fork.id === id ? { ...fork, name } : fork)) }));
}

/// The place in the history stays, as far as the course that is then shown has it.
export function removeFork(id: number): void {
  edit("remove", (document) => {
    const forks = document.forks.filter((fork) => fork.id !== id);
    const [first] = forks;
    return first ? { ...document, forks, fork: document.fork === id ? first.id : document.fork } : document;
  });
}

export function chooseFork(id: number): void {
  moving.current = false;
  if (opened.value) opened.value = { ...opened.value, fork: id };
}

/// Plays the current run with other rules. A recorded run stays as it is, and a second run is added next to
/// it.
export function choosePolicy(policy: PolicyRef): void {
  const document = opened.value;
  if (!document || policy.kind === "recorded") return;
  const { policy: own, changes } = activeFork(document);
  if (own.kind !== "recorded") {
    const forks = document.forks.map((fork) => (fork.id === document.fork ? { ...fork, policy } : fork));
    edit("choose a policy", () => ({ ...document, forks }));
    return;
  }
  const there = document.forks.find((fork) => samePolicy(fork.policy, policy) && fork.changes.length === 0);
  if (there) chooseFork(there.id);
  else addFork(`What ${policy.name} would do`, policy, changes, document.at, view.value);
}

/// The run of `document` under a policy with these changes: at once if it is cached or quickly played, otherwise
/// later.
export function runOf(document: Document, policy: PolicyRef, changes: Change[]): RunState {
  const by = policy.kind === "recorded" ? onThisPage(policy) : policy;
  const key = JSON.stringify([identity(policy), by && identity(by), changes, document.open]);
  const known = runs.value.get(key);
  if (known && outdated.delete(key)) void playLater(document, policy, changes).then((later) => store(document, key, later, true));
  if (known) return known;
  let played: RunState = { state: "playing" };
  try {
    const run = policy.kind === "built-in" && !isInWorker(document.source) ? playNow(document.source, policy.name, changes, document.open) : undefined;
    if (run) played = { state: "played", run };
  } catch (error) {
    played = { state: "failed", why: errorText(error) };
  }
  // Cached after this rendering, since a signal must not change during it.
  queueMicrotask(() => store(document, key, played));
  if (played.state === "playing") void playLater(document, policy, changes).then((later) => store(document, key, later));
  return played;
}

async function playLater(document: Document, policy: PolicyRef, changes: Change[]): Promise<RunState> {
  try {
    return policy.kind === "recorded" ? await recordedRun(document, policy) : { state: "played", run: await playBy(document, policy, changes) };
  } catch (error) {
    return { state: "failed", why: errorText(error) };
  }
}

/// The run of the document's source under a policy; a component that is not here is taken from the service.
export async function playBy(document: Document, policy: Playable, changes: Change[]): Promise<RunView> {
  if (policy.kind === "built-in") return isInWorker(document.source) ? playInWorker(document.source, policy.name, changes, document.open) : rules.play(document.source, policy.name, changes, document.open);
  if (!hasComponent(policy.digest)) await loadFromRunner(policy);
  const { playByComponent } = await import("../workers/policyWorkers");
  return playByComponent(policy, document.source, changes, document.open);
}

/// The recorded run, with the reason of each exchange if the policy that decided it is here and makes the same
/// requests.
async function recordedRun(document: Document, policy: Recorded): Promise<RunState> {
  const run = await (isInWorker(document.source) ? recordedInWorker : rules.recorded)(document.source, document.open);
  // It knows which version its built-in rules have.
  await rules.loadFull();
  const by = onThisPage(policy);
  if (!by) return { state: "played", run };
  if (run.exchanges.length > LONGEST) return { state: "played", run, noReasons: `It has more than the ${LONGEST} exchanges that rules are played through here` };
  try {
    const played = await playBy(document, by, []);
    if (played.leaves_record_at !== null) return { state: "played", run, noReasons: "The rules on this page take other steps" };
    const exchanges = run.exchanges.map((exchange, index) => ({ ...exchange, step: played.exchanges[index]?.step ?? 0 }));
    return { state: "played", run: { ...run, exchanges, steps: played.steps } };
  } catch {
    // A component can fail; the recorded run is shown anyway.
    return { state: "played", run, noReasons: "The rules on this page fail on it" };
  }
}

/// The policy of a record, if this page has it.
export function onThisPage(policy: Recorded): Playable | undefined {
  return playableFor(policy, knownComponents(), rules.builtInVersion);
}

/// Loads a component by its digest from the service that served this page.
async function loadFromRunner({ name, digest }: { name: string; digest: string }): Promise<void> {
  const lacks = `the component of ${name} is not here: drop its .wasm, or choose it from the service`;
  const bytes = await component(digest).catch((error: unknown) => {
    throw new Error(`${lacks} (${errorText(error)})`, { cause: error });
  });
  const { addComponent } = await import("../workers/policyWorkers");
  const added = await addComponent(`${name}.wasm`, bytes);
  if (added.digest !== digest) throw new Error(`${lacks} (the service gave another one, ${added.digest.slice(0, 12)})`);
}

/// Loads the policy that decided a record from the service.
export async function loadRecorded(policy: Recorded): Promise<void> {
  message.value = `${policy.name} is taken from the service...`;
  try {
    await loadFromRunner(policy);
  } finally {
    message.value = undefined;
  }
}

/// Ignores a result for another document: a component can take seconds, and another document may be open by then.
function store(document: Document, key: string, played: RunState, isNewer = false): void {
  if (opened.value?.source !== document.source) return;
  if (runs.value.get(key)?.state === "played" && !isNewer) return;
  runs.value = new Map(runs.value).set(key, played);
}

export const current = computed<RunState | undefined>(() => {
  const document = opened.value;
  if (!document) return undefined;
  const fork = activeFork(document);
  return runOf(document, fork.policy, fork.changes);
});

export const run = computed<RunView | undefined>(() => (current.value?.state === "played" ? current.value.run : undefined));

/// How many exchanges have happened, limited to the length of the current run.
export const at = computed<number>(() => Math.min(opened.value?.at ?? 0, run.value?.exchanges.length ?? 0));

/// `continued`: as by a slider that is still being moved.
export function go(to: number, continued = false): void {
  const last = run.value?.exchanges.length ?? 0;
  moving.current = continued;
  if (opened.value) opened.value = { ...opened.value, at: Math.max(0, Math.min(last, to)) };
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

effect(() => {
  globalThis.document.title = opened.value ? `${opened.value.title} - Swaparoo debugger` : "Swaparoo debugger";
});
