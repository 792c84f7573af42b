// The results of an exploration, as a tree: paths with the same beginning share it.
import type { Leaf, Portion, Turn } from "../rules/types";

export type VerdictName = "right" | "leak" | "loss" | "person" | "unknown" | "broken";
export const VERDICTS: VerdictName[] = ["loss", "leak", "broken", "person", "unknown", "right"];
/// For display.
export const NAMES: Record<VerdictName, string> = { right: "right", leak: "leak", loss: "loss", person: "needs a person", unknown: "unknown", broken: "broken" };

export interface Branch {
  turn: Turn | undefined;
  branches: Map<string, Branch>;
  ends: { verdict: VerdictName; end: string; path: Turn[] }[];
  counts: Record<VerdictName, number>;
}

export interface Futures {
  root: Branch;
  histories: number;
  calls: number;
  done: boolean;
  /// How many are counted but not in the tree.
  left: number;
}

/// The most paths kept for each verdict; more would be too many to look through.
const MOST = 2_000;

export function noFutures(): Futures {
  return { root: branch(undefined), histories: 0, calls: 0, done: false, left: 0 };
}

function branch(turn: Turn | undefined): Branch {
  return { turn, branches: new Map(), ends: [], counts: { right: 0, leak: 0, loss: 0, person: 0, unknown: 0, broken: 0 } };
}

/// Adds a portion to the tree, in place.
export function add(futures: Futures, portion: Portion): Futures {
  let left = futures.left;
  for (const leaf of portion.leaves) {
    const verdict = leaf.verdict as VerdictName;
    if (futures.root.counts[verdict] < MOST) grow(futures.root, leaf, verdict);
    else {
      futures.root.counts[verdict]++;
      left++;
    }
  }
  return { root: futures.root, histories: portion.histories, calls: portion.calls, done: portion.done, left };
}

function grow(root: Branch, leaf: Leaf, verdict: VerdictName): void {
  let here = root;
  here.counts[verdict]++;
  for (const turn of leaf.path) {
    const key = `${turn.index} ${turn.what}`;
    const next = here.branches.get(key) ?? branch(turn);
    here.branches.set(key, next);
    next.counts[verdict]++;
    here = next;
  }
  here.ends.push({ verdict, end: leaf.end, path: leaf.path });
}

export function isBad(counts: Record<VerdictName, number>): boolean {
  return counts.leak + counts.loss + counts.broken > 0;
}

/// All paths except those that end right.
export function isWorthALook(counts: Record<VerdictName, number>): boolean {
  return isBad(counts) || counts.person + counts.unknown > 0;
}
