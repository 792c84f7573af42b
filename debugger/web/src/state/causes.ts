// What ends badly in an exploration, by its cause: the fewest faults and events that suffice.
import type { PathEvent } from "../rules/types";
import { type Branch, type End, VERDICTS, type VerdictName } from "./pathTree";

export interface Cause {
  verdict: VerdictName;
  /// The shortest path that ends so.
  shortest: End;
  /// The others: with the same faults and events elsewhere, or with more of them.
  others: End[];
}

/// The shortest first; of those with the same length the worst first.
export function causes(root: Branch): Cause[] {
  const found: (Cause & { whats: string[] })[] = [];
  for (const end of badEnds(root).sort(byLength)) {
    const whats = end.path.map(({ what }) => what);
    const known = found.find(({ verdict, whats: fewer }) => verdict === end.verdict && has(whats, fewer));
    if (known) known.others.push(end);
    else found.push({ verdict: end.verdict, shortest: end, others: [], whats });
  }
  return found;
}

function badEnds({ ends, branches }: Branch): End[] {
  return [...ends.filter(({ verdict }) => verdict !== "right"), ...[...branches.values()].flatMap(badEnds)];
}

function byLength(one: End, other: End): number {
  const at = ({ path }: End) => path[0]?.index ?? 0;
  return one.path.length - other.path.length || VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict) || at(one) - at(other) || inText(one).localeCompare(inText(other));
}

/// The workers of an exploration may find equal ones in any order.
function inText({ path }: End): string {
  return path.map(({ index, what }) => `${String(index).padStart(5, "0")} ${what}`).join(" ");
}

/// Whether all of `fewer` are among `all`, each as often.
function has(all: string[], fewer: string[]): boolean {
  const left = [...all];
  return fewer.every((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/// As in "13: the server is deleted, then 15: the answer is lost".
export function pathText(path: PathEvent[]): string {
  return path.map(({ index, text }) => `${index + 1}: ${text}`).join(", then ") || "nothing more goes wrong";
}
