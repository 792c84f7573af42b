// The requested exploration. It belongs to one document, course, policy, step and bound: results for others are never
// shown, and late messages of a worker about others are ignored.
import { effect, signal } from "@preact/signals";
import { identity, type Change, type Playable, type Source } from "../rules/types";
import { explore, type Exploring } from "../workers/policyWorkers";
import { add, type Futures, noFutures } from "./futures";
import type { Document } from "./document";
import { opened, errorText } from "./store";

/// What an exploration belongs to.
export interface Asked {
  source: Source;
  fork: number;
  policy: Playable;
  changes: Change[];
  from: number;
  most: number;
}

export interface Exploration {
  asked: Asked;
  futures: Futures;
  seconds: number;
  running: boolean;
  wrong: string | undefined;
}

/// The shortest time between two drawings of the tree, since drawing takes longer than exploring.
const EVERY_MS = 250;

const exploration = signal<Exploration | undefined>(undefined);
let worker: Exploring | undefined;

/// The results for exactly this request; none for another one.
export function foundFor(asked: Asked): Exploration | undefined {
  const there = exploration.value;
  return there && same(there.asked, asked) ? there : undefined;
}

function same(one: Asked, other: Asked): boolean {
  return one.source === other.source && key(one) === key(other);
}

function key({ fork, policy, changes, from, most }: Asked): string {
  return JSON.stringify([fork, identity(policy), changes, from, most]);
}

/// Stops the running exploration and keeps its results.
export function stopExploring(): void {
  worker?.stop();
  worker = undefined;
  const there = exploration.value;
  if (there?.running) exploration.value = { ...there, futures: { ...there.futures }, running: false };
}

/// Stops an exploration that runs for another request.
export function leave(asked: Asked | undefined): void {
  if (exploration.value && !(asked && same(exploration.value.asked, asked))) {
    stopExploring();
    exploration.value = undefined;
  }
}

/// Whether the explored course still exists, and is played by the same rules.
function isThere({ source, fork: id, policy, changes }: Asked, document: Document | undefined): boolean {
  const fork = document?.source === source ? document.forks.find((one) => one.id === id) : undefined;
  if (!fork || JSON.stringify(fork.changes) !== JSON.stringify(changes)) return false;
  return fork.policy.kind === "recorded" || identity(fork.policy) === identity(policy);
}

effect(() => {
  const document = opened.value;
  const there = exploration.peek();
  if (there && !isThere(there.asked, document)) leave(undefined);
});

export function startExploring(asked: Asked): void {
  stopExploring();
  let found: Exploration = { asked, futures: noFutures(), seconds: 0, running: true, wrong: undefined };
  const show = (next: Partial<Exploration>) => {
    // A late message of a stopped exploration.
    if (exploration.value?.asked !== asked || !exploration.value.running) return;
    found = { ...found, ...next };
    exploration.value = found;
  };
  exploration.value = found;
  // The time starts with the first portion, since the worker loads the rules before it.
  let began = 0;
  let shown = 0;
  let futures = found.futures;
  try {
    worker = explore(
      asked.policy,
      asked.source,
      asked.changes,
      asked.from,
      asked.most,
      (portion) => {
        futures = add(futures, portion);
        const now = performance.now();
        const seconds = began > 0 ? (now - began) / 1000 : 0;
        began ||= now;
        if (!portion.done && now - shown <= EVERY_MS) return;
        shown = now;
        show({ futures, seconds, running: !portion.done });
      },
      (wrong) => show({ wrong, running: false }),
    );
  } catch (error) {
    show({ wrong: errorText(error), running: false });
  }
}
