// The requested exploration. It belongs to one document, run, policy, step and bound: results for others are never
// shown, and late messages of a worker about others are ignored.
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

const exploration = signal<Exploration | undefined>(undefined);
let worker: ExplorationHandle | undefined;

/// The results for exactly this request; none for another one.
export function resultsFor(request: ExplorationRequest): Exploration | undefined {
  const current = exploration.value;
  return current && same(current.request, request) ? current : undefined;
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
  const current = exploration.value;
  if (current?.running) exploration.value = { ...current, tree: { ...current.tree }, running: false };
}

/// Stops an exploration that runs for another request.
export function dropOthers(request: ExplorationRequest | undefined): void {
  if (exploration.value && !(request && same(exploration.value.request, request))) {
    stopExploring();
    exploration.value = undefined;
  }
}

/// Whether the explored run still exists, and is played by the same rules.
function stillExists({ source, fork: id, policy, changes }: ExplorationRequest, document: Document | undefined): boolean {
  const fork = document?.source === source ? document.forks.find((one) => one.id === id) : undefined;
  if (!fork || JSON.stringify(fork.changes) !== JSON.stringify(changes)) return false;
  return fork.policy.kind === "recorded" || identity(fork.policy) === identity(policy);
}

effect(() => {
  const document = opened.value;
  const current = exploration.peek();
  if (current && !stillExists(current.request, document)) dropOthers(undefined);
});

export function startExploring(request: ExplorationRequest): void {
  stopExploring();
  let results: Exploration = { request, tree: emptyTree(), seconds: 0, running: true, error: undefined };
  const show = (next: Partial<Exploration>) => {
    // A late message of a stopped exploration.
    if (exploration.value?.request !== request || !exploration.value.running) return;
    results = { ...results, ...next };
    exploration.value = results;
  };
  exploration.value = results;
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
        tree = add(tree, portion);
        const now = performance.now();
        const seconds = began > 0 ? (now - began) / 1000 : 0;
        began ||= now;
        if (!portion.done && now - shown <= EVERY_MS) return;
        shown = now;
        show({ tree, seconds, running: !portion.done });
      },
      (error) => show({ error, running: false }),
    );
  } catch (error) {
    show({ error: errorText(error), running: false });
  }
}
