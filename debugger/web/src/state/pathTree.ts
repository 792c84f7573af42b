// The results of an exploration, as a tree: paths with the same beginning share it.
import type { ExploredPath, Portion, PathEvent } from "../rules/types";

export type VerdictName = "right" | "leak" | "loss" | "person" | "unknown" | "broken";
export const VERDICTS: VerdictName[] = ["loss", "leak", "broken", "person", "unknown", "right"];
/// For display.
export const NAMES: Record<VerdictName, string> = { right: "right", leak: "leak", loss: "loss", person: "needs a person", unknown: "unknown", broken: "broken" };

/// The end of one path.
export interface End {
  verdict: VerdictName;
  /// The outcome's or failure's name.
  end: string;
  path: PathEvent[];
}

export interface Branch {
  event: PathEvent | undefined;
  branches: Map<string, Branch>;
  ends: End[];
  counts: Record<VerdictName, number>;
}

export interface PathTree {
  root: Branch;
  histories: number;
  calls: number;
  done: boolean;
  /// How many are counted but not in the tree.
  countedOnly: number;
}

/// The most paths kept for each verdict; more would be too many to look through.
const MOST = 2_000;

export function emptyTree(): PathTree {
  return { root: branch(undefined), histories: 0, calls: 0, done: false, countedOnly: 0 };
}

function branch(event: PathEvent | undefined): Branch {
  return { event, branches: new Map(), ends: [], counts: { right: 0, leak: 0, loss: 0, person: 0, unknown: 0, broken: 0 } };
}

/// Adds a portion to the tree, in place.
export function add(tree: PathTree, portion: Portion): PathTree {
  let countedOnly = tree.countedOnly;
  for (const path of portion.paths) {
    const verdict = path.verdict as VerdictName;
    if (tree.root.counts[verdict] < MOST) grow(tree.root, path, verdict);
    else {
      tree.root.counts[verdict]++;
      countedOnly++;
    }
  }
  return { root: tree.root, histories: portion.histories, calls: portion.calls, done: portion.done, countedOnly };
}

function grow(root: Branch, path: ExploredPath, verdict: VerdictName): void {
  let here = root;
  here.counts[verdict]++;
  for (const event of path.events) {
    const key = `${event.index} ${event.what}`;
    const next = here.branches.get(key) ?? branch(event);
    here.branches.set(key, next);
    next.counts[verdict]++;
    here = next;
  }
  here.ends.push({ verdict, end: path.end, path: path.events });
}

export function isBad(counts: Record<VerdictName, number>): boolean {
  return counts.leak + counts.loss + counts.broken > 0;
}

/// All paths except those that end right.
export function isNotRight(counts: Record<VerdictName, number>): boolean {
  return isBad(counts) || counts.person + counts.unknown > 0;
}
