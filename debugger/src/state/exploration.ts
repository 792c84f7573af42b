// The exploration that was asked for. It is of one document, course, policy, step and bound: what was found for another is
// never shown, and what a worker still says of another is not heard.
import { effect, signal } from "@preact/signals";
import { identity, type Change, type Playable, type Source } from "../rules/types";
import { explore, type Exploring } from "../workers/lab";
import { add, type Futures, noFutures } from "./futures";
import type { Document } from "./document";
import { opened, said } from "./store";

/// What an exploration is of.
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

/// The tree is drawn so often at most: drawing takes longer than finding.
const EVERY_MS = 250;

const exploration = signal<Exploration | undefined>(undefined);
let worker: Exploring | undefined;

/// What was found for just this; of anything else there is nothing.
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

/// Ends what runs; what it has found stays.
export function stopExploring(): void {
  worker?.stop();
  worker = undefined;
  const there = exploration.value;
  if (there?.running) exploration.value = { ...there, futures: { ...there.futures }, running: false };
}

/// Ends what runs for something else.
export function leave(asked: Asked | undefined): void {
  if (exploration.value && !(asked && same(exploration.value.asked, asked))) {
    stopExploring();
    exploration.value = undefined;
  }
}

/// Whether the course that was explored is still there, and played by the same rules.
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
    // A late word of an exploration that was ended.
    if (exploration.value?.asked !== asked || !exploration.value.running) return;
    found = { ...found, ...next };
    exploration.value = found;
  };
  exploration.value = found;
  // From the first portion on: before it comes, the worker loads the rules.
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
    show({ wrong: said(error), running: false });
  }
}
