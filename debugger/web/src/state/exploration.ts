// The last explorations. Each belongs to one document, run, policy, step and bound: it is shown for no other, and late messages
// of a worker that was stopped are ignored. One runs at a time.
import { effect, signal } from "@preact/signals";
import { identity, type Change, type Playable, type Source } from "../rules/types";
import { explore, type ExplorationHandle } from "../workers/policyWorkers";
import { add, type PathTree, emptyTree } from "./pathTree";
import type { Document } from "./document";
import { opened, errorText } from "./store";

/// What an exploration belongs to.
export interface ExplorationRequest {
  source: Source;
  fork: number;
  policy: Playable;
  changes: Change[];
  from: number;
  most: number;
}

export interface Exploration {
  request: ExplorationRequest;
  tree: PathTree;
  seconds: number;
  running: boolean;
  error: string | undefined;
}

/// The shortest time between two drawings of the tree, since drawing takes longer than exploring.
const EVERY_MS = 250;

/// Each may have ten thousand paths in memory.
const MOST_KEPT = 4;

/// The newest first.
const kept = signal<readonly Exploration[]>([]);
let worker: ExplorationHandle | undefined;

/// The results for exactly this request; none for another one.
export function resultsFor(request: ExplorationRequest): Exploration | undefined {
  return kept.value.find((one) => same(one.request, request));
}

/// The results for other requests, for the same document.
export function otherResults(request: ExplorationRequest): Exploration[] {
  return kept.value.filter((one) => !same(one.request, request));
}

function same(one: ExplorationRequest, other: ExplorationRequest): boolean {
  return one.source === other.source && key(one) === key(other);
}

function key({ fork, policy, changes, from, most }: ExplorationRequest): string {
  return JSON.stringify([fork, identity(policy), changes, from, most]);
}

/// Stops the running exploration and keeps its results.
export function stopExploring(): void {
  worker?.stop();
  worker = undefined;
  kept.value = kept.peek().map((one) => (one.running ? { ...one, tree: { ...one.tree }, running: false } : one));
}

/// Shows the course and the step that were explored.
export function goBackTo({ fork, from }: ExplorationRequest): void {
  if (opened.value) opened.value = { ...opened.value, fork, at: from + 1 };
}

/// Whether the explored run still exists, and is played by the same rules.
function stillExists({ source, fork: id, policy, changes }: ExplorationRequest, document: Document | undefined): boolean {
  const fork = document?.source === source ? document.forks.find((one) => one.id === id) : undefined;
  if (!fork || JSON.stringify(fork.changes) !== JSON.stringify(changes)) return false;
  return fork.policy.kind === "recorded" || identity(fork.policy) === identity(policy);
}

effect(() => {
  const document = opened.value;
  const all = kept.peek();
  const left = all.filter(({ request }) => stillExists(request, document));
  if (left.length === all.length) return;
  if (!left.some(({ running }) => running)) stopExploring();
  kept.value = left;
});

export function startExploring(request: ExplorationRequest): void {
  stopExploring();
  let results: Exploration = { request, tree: emptyTree(), seconds: 0, running: true, error: undefined };
  const isStopped = () => !kept.peek().some((one) => one.request === request && one.running);
  const show = (next: Partial<Exploration>) => {
    results = { ...results, ...next };
    kept.value = kept.peek().map((one) => (one.request === request ? results : one));
  };
  kept.value = [results, ...otherResults(request)].slice(0, MOST_KEPT);
  // The time starts with the first portion, since the worker loads the rules before it.
  let began = 0;
  let shown = 0;
  let tree = results.tree;
  try {
    worker = explore(
      request.policy,
      request.source,
      request.changes,
      request.from,
      request.most,
      (portion) => {
        if (isStopped()) return;
        tree = add(tree, portion);
        const now = performance.now();
        const seconds = began > 0 ? (now - began) / 1000 : 0;
        began ||= now;
        if (!portion.done && now - shown <= EVERY_MS) return;
        shown = now;
        show({ tree, seconds, running: !portion.done });
      },
      (error) => isStopped() || show({ error, running: false }),
    );
  } catch (error) {
    show({ error: errorText(error), running: false });
  }
}
