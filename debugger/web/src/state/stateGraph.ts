// The results of an exploration as a graph of states. States from which the same can follow are one, whatever leads to them.
import type { PathEvent } from "../rules/types";
import { type Branch, type End, isNotRight, NAMES, VERDICTS, type VerdictName } from "./pathTree";

export interface State {
  id: number;
  kind: "start" | "state" | "end";
  /// Of an end its verdict and name, otherwise what leads to it.
  text: string;
  /// The worst that it can lead to.
  verdict: VerdictName;
  /// The number of paths through it.
  paths: number;
  /// The shortest path through it to its worst end.
  shortest: End;
  /// The faults and events that lead to it, each place once.
  causes: Map<string, PathEvent>;
  /// With the number of faults and events that lead there; none if nothing more goes wrong.
  next: Map<State, Set<string>>;
  /// From the left, and in it from the top.
  column: number;
  row: number;
}

export interface StateGraph {
  columns: State[][];
  /// The number of states that are not drawn.
  left: number;
}

/// More are too many to look at, and take too long to draw.
const MOST = 60;

/// States nearer to the beginning come first.
export function stateGraph(root: Branch, onlyBad: boolean): StateGraph {
  const states = new States(onlyBad);
  states.add(root);
  const all = [...states.known.values()];
  const last = Math.max(0, ...all.map(({ kind, column }) => (kind === "end" ? 0 : column))) + 1;
  for (const state of all) {
    if (state.kind === "end") state.column = last;
    if (state.kind === "state") state.text = textOf(state);
  }
  return { columns: inColumns(all), left: states.left.size };
}

class States {
  readonly known = new Map<string, State>();
  readonly left = new Set<string>();
  private readonly futures = new Map<string, number>();
  private readonly futureOf = new Map<Branch, number>();

  constructor(private readonly onlyBad: boolean) {}

  /// Level by level, so that the nearest states are those that are drawn.
  add(root: Branch): void {
    let level: { from: State | undefined; branch: Branch }[] = [{ from: undefined, branch: root }];
    for (let column = 0; level.length > 0; column++) {
      const next: typeof level = [];
      for (const { from, branch } of level) {
        const state = this.state(branch, column);
        if (from && state) link(from, state, branch.event);
        if (!state || state.kind === "end") continue;
        for (const end of this.ends(branch)) {
          const at = this.end(end);
          if (at) link(state, at, undefined);
        }
        for (const one of this.branches(branch)) next.push({ from: state, branch: one });
      }
      level = next;
    }
  }

  /// A branch from which only one end can follow is that end.
  private state(branch: Branch, column: number): State | undefined {
    const shortest = this.worst(branch);
    if (!shortest) return undefined;
    const ends = this.ends(branch);
    if (branch.event && this.branches(branch).length === 0 && ends.every(({ end, verdict }) => end === shortest.end && verdict === shortest.verdict)) return this.end(shortest);
    const kind = branch.event ? "state" : "start";
    const state = this.merged(`${kind} ${this.future(branch)}`, kind, "from here", shortest);
    if (!state) return undefined;
    state.paths += VERDICTS.reduce((sum, name) => sum + branch.counts[name], 0);
    state.column = Math.max(state.column, column);
    return state;
  }

  private end(end: End): State | undefined {
    const state = this.merged(`end ${end.verdict} ${end.end}`, "end", `${NAMES[end.verdict]}: ${end.end}`, end);
    if (state) state.paths++;
    return state;
  }

  private merged(key: string, kind: State["kind"], text: string, shortest: End): State | undefined {
    const known = this.known.get(key);
    if (known) {
      if (isWorse(shortest, known.shortest)) known.shortest = shortest;
      return known;
    }
    if (this.known.size >= MOST) {
      this.left.add(key);
      return undefined;
    }
    const state: State = { id: this.known.size, kind, text, verdict: shortest.verdict, paths: 0, shortest, causes: new Map(), next: new Map(), column: 0, row: 0 };
    this.known.set(key, state);
    return state;
  }

  /// The same number for all branches from which the same can follow, in the same order, with the same ends.
  private future(branch: Branch): number {
    const known = this.futureOf.get(branch);
    if (known !== undefined) return known;
    const ends = new Set(this.ends(branch).map(({ verdict, end }) => `${verdict} ${end}`));
    const follow = this.branches(branch).map((one) => [one.event?.effect, one.event?.what, this.future(one)]);
    const key = JSON.stringify([[...ends].sort(), follow]);
    const number = this.futures.get(key) ?? this.futures.size;
    this.futures.set(key, number);
    this.futureOf.set(branch, number);
    return number;
  }

  private ends({ ends }: Branch): End[] {
    return this.onlyBad ? ends.filter(({ verdict }) => verdict !== "right") : ends;
  }

  private branches({ branches }: Branch): Branch[] {
    return [...branches.values()].filter(({ counts }) => !this.onlyBad || isNotRight(counts)).sort(inOrder);
  }

  private worst(branch: Branch): End | undefined {
    const all = [...this.ends(branch), ...this.branches(branch).flatMap((one) => this.worst(one) ?? [])];
    return all.reduce<End | undefined>((worst, end) => (!worst || isWorse(end, worst) ? end : worst), undefined);
  }
}

function link(from: State, to: State, event: PathEvent | undefined): void {
  const causes = from.next.get(to) ?? new Set<string>();
  from.next.set(to, causes);
  if (!event) return;
  const cause = `${event.index} ${event.effect} ${event.what}`;
  causes.add(cause);
  to.causes.set(cause, event);
}

/// By the first of what leads to it.
function textOf({ causes }: State): string {
  const [first, ...others] = [...causes.values()].sort((one, other) => one.index - other.index);
  const more = others.length > 0 ? `, or ${others.length} other${others.length === 1 ? "" : "s"}` : "";
  return `${(first?.index ?? 0) + 1}: ${first?.text}${more}`;
}

export function inOrder({ event: one }: Branch, { event: other }: Branch): number {
  return (one?.index ?? 0) - (other?.index ?? 0) || (one?.what ?? "").localeCompare(other?.what ?? "");
}

/// Of two that are as bad as each other, the longer path is not worse.
function isWorse(one: End, other: End): boolean {
  const by = VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict);
  return by < 0 || (by === 0 && one.path.length < other.path.length);
}

/// A state is near to those that lead to it, so that few lines cross; the worst ends are at the top.
function inColumns(states: State[]): State[][] {
  const columns: State[][] = [];
  for (const at of [...new Set(states.map(({ column }) => column))].sort((one, other) => one - other)) {
    const before = columns.flat();
    const weight = (state: State) => (state.kind === "end" ? VERDICTS.indexOf(state.verdict) * states.length : 0) + middle(before.filter(({ next }) => next.has(state)));
    const column = states.filter((state) => state.column === at).map((state) => ({ state, by: weight(state) }));
    columns.push(column.sort((one, other) => one.by - other.by).map(({ state }, row) => Object.assign(state, { column: columns.length, row })));
  }
  return columns;
}

function middle(before: State[]): number {
  return before.reduce((sum, { row }) => sum + row, 0) / Math.max(1, before.length);
}
