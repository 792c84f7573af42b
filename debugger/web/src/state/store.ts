// The page's state: signals, and the functions that change them.
import { computed, effect, signal } from "@preact/signals";
import { playNow } from "../rules/module";
import { type Change, type Course, found, identity, type Playable, type PolicyRef, type Recorded, samePolicy } from "../rules/types";
import { component } from "../runner";
import { addComponent, hasComponent, knownComponents, playByComponent } from "../workers/policyWorkers";
import * as rules from "../rules/module";
import { activeFork, type Document } from "./document";

export type View = "step" | "compare" | "explore";
export type Played = { state: "playing" } | { state: "played"; course: Course; silent?: string } | { state: "failed"; why: string };

/// The most exchanges that rules are played through; the same limit as in the module.
const LONGEST = 2_000;

export const opened = signal<Document | undefined>(undefined);
export const view = signal<View>("step");
export const failure = signal<string | undefined>(undefined);
/// A message that is not part of the document.
export const news = signal<string | undefined>(undefined);
const courses = signal<ReadonlyMap<string, Played>>(new Map());

export function openDocument(document: Document): void {
  courses.value = new Map();
  failure.value = undefined;
  news.value = undefined;
  view.value = "step";
  opened.value = document;
}

export function closeDocument(): void {
  opened.value = undefined;
  failure.value = undefined;
}

function update(change: (document: Document) => Document): void {
  if (opened.value) opened.value = change(opened.value);
}

export function addFork(name: string, policy: PolicyRef, changes: Change[], at: number, then: View = "step"): void {
  update((document) => {
    const id = Math.max(...document.forks.map((fork) => fork.id)) + 1;
    return { ...document, forks: [...document.forks, { id, name, policy, changes }], fork: id, at };
  });
  view.value = then;
}

export function renameFork(id: number, name: string): void {
  update((document) => ({ ...document, forks: document.forks.map((fork) => (fork.id === id ? { ...fork, name } : fork)) }));
}

export function removeFork(id: number): void {
  update((document) => {
    const forks = document.forks.filter((fork) => fork.id !== id);
    const [first] = forks;
    return first ? { ...document, forks, fork: document.fork === id ? first.id : document.fork, at: 0 } : document;
  });
}

export function chooseFork(id: number): void {
  update((document) => ({ ...document, fork: id }));
}

/// Plays the current course with other rules. A recorded course stays as it is, and a second course is added next to
/// it.
export function choosePolicy(policy: PolicyRef): void {
  const document = opened.value;
  if (!document || policy.kind === "recorded") return;
  const { policy: own, changes } = activeFork(document);
  if (own.kind !== "recorded") {
    const forks = document.forks.map((fork) => (fork.id === document.fork ? { ...fork, policy } : fork));
    opened.value = { ...document, forks };
    return;
  }
  const there = document.forks.find((fork) => samePolicy(fork.policy, policy) && fork.changes.length === 0);
  if (there) chooseFork(there.id);
  else addFork(`What ${policy.name} would do`, policy, changes, document.at, view.value);
}

/// The course of `document` under a policy with these changes: at once if it is cached or quickly played, otherwise
/// later.
export function courseOf(document: Document, policy: PolicyRef, changes: Change[]): Played {
  const by = policy.kind === "recorded" ? onThisPage(policy) : policy;
  const key = JSON.stringify([identity(policy), by && identity(by), changes, document.open]);
  const known = courses.value.get(key);
  if (known) return known;
  let played: Played = { state: "playing" };
  try {
    const course = policy.kind === "built-in" ? playNow(document.source, policy.name, changes, document.open) : undefined;
    if (course) played = { state: "played", course };
  } catch (error) {
    played = { state: "failed", why: errorText(error) };
  }
  // Cached after this rendering, since a signal must not change during it.
  queueMicrotask(() => keep(document, key, played));
  if (played.state === "playing") void playLater(document, policy, changes).then((later) => keep(document, key, later));
  return played;
}

async function playLater(document: Document, policy: PolicyRef, changes: Change[]): Promise<Played> {
  try {
    return policy.kind === "recorded" ? await recordedCourse(document, policy) : { state: "played", course: await playBy(document, policy, changes) };
  } catch (error) {
    return { state: "failed", why: errorText(error) };
  }
}

async function playBy(document: Document, policy: Playable, changes: Change[]): Promise<Course> {
  if (policy.kind === "built-in") return rules.play(document.source, policy.name, changes, document.open);
  if (!hasComponent(policy.digest)) await takeFromRunner(policy);
  return playByComponent(policy, document.source, changes, document.open);
}

/// The recorded course, with the reason of each exchange if the policy that decided it is here and makes the same
/// requests.
async function recordedCourse(document: Document, policy: Recorded): Promise<Played> {
  const course = await rules.recorded(document.source, document.open);
  const by = onThisPage(policy);
  if (!by) return { state: "played", course };
  if (course.exchanges.length > LONGEST) return { state: "played", course, silent: `It has more than the ${LONGEST} exchanges that rules are played through here` };
  try {
    const played = await playBy(document, by, []);
    if (played.leaves_record_at !== null) return { state: "played", course, silent: "The rules on this page take other steps" };
    const exchanges = course.exchanges.map((exchange, index) => ({ ...exchange, step: played.exchanges[index]?.step ?? 0 }));
    return { state: "played", course: { ...course, exchanges, steps: played.steps } };
  } catch {
    // A component can fail; the recorded course is shown anyway.
    return { state: "played", course, silent: "The rules on this page fail on it" };
  }
}

/// The policy of a record, if this page has it.
export function onThisPage(policy: Recorded): Playable | undefined {
  return found(policy, knownComponents(), rules.builtInVersion);
}

/// Loads a component by its digest from the service that served this page.
async function takeFromRunner({ name, digest }: { name: string; digest: string }): Promise<void> {
  const lacks = `the component of ${name} is not here: drop its .wasm, or choose it from the runner`;
  const bytes = await component(digest).catch((error: unknown) => {
    throw new Error(`${lacks} (${errorText(error)})`, { cause: error });
  });
  const added = await addComponent(`${name}.wasm`, bytes);
  if (added.digest !== digest) throw new Error(`${lacks} (the runner gave another one, ${added.digest.slice(0, 12)})`);
}

/// Loads the policy that decided a record from the service.
export async function takeRecorded(policy: Recorded): Promise<void> {
  news.value = `${policy.name} is taken from the runner...`;
  try {
    await takeFromRunner(policy);
  } finally {
    news.value = undefined;
  }
}

/// Ignores a result for another document: a component can take seconds, and another document may be open by then.
function keep(document: Document, key: string, played: Played): void {
  if (opened.value?.source !== document.source) return;
  if (courses.value.get(key)?.state === "played") return;
  courses.value = new Map(courses.value).set(key, played);
}

export const current = computed<Played | undefined>(() => {
  const document = opened.value;
  if (!document) return undefined;
  const fork = activeFork(document);
  return courseOf(document, fork.policy, fork.changes);
});

export const course = computed<Course | undefined>(() => (current.value?.state === "played" ? current.value.course : undefined));

/// How many exchanges have happened, limited to the length of the current course.
export const at = computed<number>(() => Math.min(opened.value?.at ?? 0, course.value?.exchanges.length ?? 0));

export function go(to: number): void {
  const last = course.value?.exchanges.length ?? 0;
  update((document) => ({ ...document, at: Math.max(0, Math.min(last, to)) }));
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

effect(() => {
  globalThis.document.title = opened.value ? `${opened.value.title} - Swaparoo debugger` : "Swaparoo debugger";
});
