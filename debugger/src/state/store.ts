// The page's state: signals, and the few things that change them.
import { computed, effect, signal } from "@preact/signals";
import { playNow } from "../rules/module";
import { type Change, type Course, type PolicyRef, policyKey } from "../rules/types";
import { playByComponent } from "../workers/lab";
import * as rules from "../rules/module";
import { activeFork, type Document } from "./document";

export type View = "step" | "compare" | "explore";
export type Played = { state: "playing" } | { state: "played"; course: Course } | { state: "failed"; why: string };

export const opened = signal<Document | undefined>(undefined);
export const view = signal<View>("step");
export const failure = signal<string | undefined>(undefined);
/// What has happened beside the document, good to know.
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

export function addFork(name: string, policy: PolicyRef, changes: Change[], at: number): void {
  update((document) => {
    const id = Math.max(...document.forks.map((fork) => fork.id)) + 1;
    return { ...document, forks: [...document.forks, { id, name, policy, changes }], fork: id, at };
  });
  view.value = "step";
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

export function choosePolicy(policy: PolicyRef): void {
  update((document) => ({
    ...document,
    forks: document.forks.map((fork) => (fork.id === document.fork ? { ...fork, policy } : fork)),
  }));
}

/// The course of `document` under a policy with these changes: at once if it is known or quickly played, else later.
export function courseOf(document: Document, policy: PolicyRef, changes: Change[]): Played {
  const key = JSON.stringify([policyKey(policy), changes, document.open]);
  const known = courses.value.get(key);
  if (known) return known;
  let played: Played = { state: "playing" };
  try {
    const course = policy.kind === "built-in" ? playNow(document.source, policy.name, changes, document.open) : undefined;
    if (course) played = { state: "played", course };
  } catch (error) {
    played = { state: "failed", why: said(error) };
  }
  // Kept after this round of rendering, not in it.
  queueMicrotask(() => keep(document, key, played));
  if (played.state === "playing") void playLater(document, policy, changes).then((later) => keep(document, key, later));
  return played;
}

async function playLater(document: Document, policy: PolicyRef, changes: Change[]): Promise<Played> {
  try {
    const course =
      policy.kind === "built-in"
        ? await rules.play(document.source, policy.name, changes, document.open)
        : await playByComponent(policy, document.source, changes, document.open);
    return { state: "played", course };
  } catch (error) {
    return { state: "failed", why: said(error) };
  }
}

/// Not what was asked for another document: a component can take seconds, and something else may be open by then.
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

/// How many exchanges have happened, within the course that is there.
export const at = computed<number>(() => Math.min(opened.value?.at ?? 0, course.value?.exchanges.length ?? 0));

export function go(to: number): void {
  const last = course.value?.exchanges.length ?? 0;
  update((document) => ({ ...document, at: Math.max(0, Math.min(last, to)) }));
}

export function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

effect(() => {
  globalThis.document.title = opened.value ? `${opened.value.title} - Swaparoo debugger` : "Swaparoo debugger";
});
