import type { PathEvent } from "../rules/types";
import { useMemo, useRef, useState } from "preact/hooks";
import { NAMES, type PathTree, type VerdictName } from "../state/pathTree";
import type { ExplorationRequest } from "../state/exploration";
import { type State, type StateGraph as Graph, stateGraph } from "../state/stateGraph";
import { Path } from "./Causes";
import { SIGNS } from "./ExploredEnd";
import "../styles/graph.css";

/// Of a row, in pixels.
const ROW = 52;
/// Between two states of a column, which have the height of `.state`.
const BETWEEN = 8;
/// The part of a column that is between the states.
const GAP = 0.28;

interface Props {
  tree: PathTree;
  onlyBad: boolean;
  request: ExplorationRequest;
}

/// The states that were explored, and how one leads to another. One of them can be chosen.
export function StateGraph({ tree, onlyBad, request }: Props) {
  const graph = useMemo(() => stateGraph(tree.root, onlyBad), [tree, onlyBad]);
  const [chosenId, choose] = useState(0);
  const states = graph.columns.flat();
  const chosen = states.find(({ id }) => id === chosenId) ?? states[0];
  if (!chosen) return null;
  return (
    <section class="panel" aria-labelledby="states">
      <h2 id="states">States, and what leads from one to another</h2>
      <p class="faint">Where the same can follow is one state. The more faults and events lead to it, the wider the line.</p>
      <Picture graph={graph} chosen={chosen} choose={(state) => choose(state.id)} />
      {graph.left > 0 && <p class="faint">{graph.left.toLocaleString("en")} states that are further from the beginning are not drawn.</p>}
      {(tree.countedOnly > 0 || !tree.done) && <p class="faint">It is drawn from the paths that are listed, not from all.</p>}
      <Chosen state={chosen} choose={(state) => choose(state.id)} request={request} />
    </section>
  );
}

interface PictureProps {
  graph: Graph;
  chosen: State;
  choose: (state: State) => void;
}

function Picture({ graph: { columns }, chosen, choose }: PictureProps) {
  const states = columns.flat();
  const height = Math.max(...columns.map(({ length }) => length)) * ROW;
  const box = useRef<HTMLDivElement>(null);
  const press = (event: KeyboardEvent) => {
    const to = neighbour(columns, chosen, event.key);
    if (!to) return;
    event.preventDefault();
    choose(to);
    box.current?.querySelector<HTMLElement>(`[data-state="${to.id}"]`)?.focus();
  };
  return (
    <div class="graph-scroll">
      <div class="graph" role="group" aria-label="States" ref={box} style={{ "--columns": columns.length, blockSize: `${height}px` }} onKeyDown={press}>
        <svg viewBox={`0 0 ${columns.length} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          {states.flatMap((from) => [...from.next].map(([to, causes]) => <Line key={`${from.id} ${to.id}`} {...{ from, to, columns, height, chosen }} causes={causes.size} />))}
        </svg>
        {states.map((state) => (
          <StateButton key={state.id} state={state} isChosen={state === chosen} choose={choose} place={placeOf(state, columns, height)} />
        ))}
      </div>
    </div>
  );
}

interface ButtonProps {
  state: State;
  isChosen: boolean;
  choose: (state: State) => void;
  place: Record<string, string>;
}

/// Only the chosen one is a stop of Tab; the arrow keys lead to the others.
function StateButton({ state, isChosen, choose, place }: ButtonProps) {
  const { id, kind, verdict, text } = state;
  return (
    <button type="button" class={`state ${kind} ${verdict}`} data-state={id} style={place} aria-pressed={isChosen} tabIndex={isChosen ? 0 : -1} title={text} onClick={() => choose(state)}>
      <span class="sign" aria-hidden="true">
        {SIGNS[verdict]}
      </span>
      <span class="what">{text}</span>
      <span class="visually-hidden">, {leadsTo(state)}</span>
    </button>
  );
}

function placeOf(state: State, columns: State[][], height: number): Record<string, string> {
  return {
    insetInlineStart: `${(100 * left(state)) / columns.length}%`,
    inlineSize: `${(100 * (1 - GAP)) / columns.length}%`,
    insetBlockStart: `${middle(state, columns, height) - ROW / 2 + BETWEEN / 2}px`,
  };
}

function leadsTo({ kind, verdict, paths }: State): string {
  const worst = kind === "end" ? `an end: ${NAMES[verdict]}` : `at worst: ${NAMES[verdict]}`;
  return `${worst}, ${count(paths)}`;
}

function count(paths: number): string {
  return `${paths.toLocaleString("en")} ${paths === 1 ? "path" : "paths"}`;
}

function left({ column }: State): number {
  return column + GAP / 2;
}

/// Of its height. The states of each column are spread over the height of the picture.
function middle({ column, row }: State, columns: State[][], height: number): number {
  return (height * (row + 0.5)) / (columns[column]?.length ?? 1);
}

interface LineProps {
  from: State;
  to: State;
  causes: number;
  columns: State[][];
  height: number;
  chosen: State;
}

const BAD: VerdictName[] = ["leak", "loss", "broken"];

/// The more faults and events lead there, the wider it is.
function Line({ from, to, causes, columns, height, chosen }: LineProps) {
  const [x1, x2] = [left(from) + 1 - GAP, left(to)];
  const [y1, y2] = [middle(from, columns, height), middle(to, columns, height)];
  const bend = GAP * 0.5;
  const isOfChosen = from === chosen || to === chosen;
  const width = 1.5 + Math.log2(Math.max(1, causes)) * 0.75;
  return <path class={`${BAD.includes(to.verdict) ? "bad" : to.verdict} ${isOfChosen ? "" : "other"}`} style={{ strokeWidth: `${width}px` }} d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />;
}

/// The arrow keys: up and down in a column, left and right along a line.
function neighbour(columns: State[][], chosen: State, key: string): State | undefined {
  const column = columns[chosen.column] ?? [];
  switch (key) {
    case "ArrowUp":
      return column[chosen.row - 1];
    case "ArrowDown":
      return column[chosen.row + 1];
    case "ArrowLeft":
      return columns.flat().find(({ next }) => next.has(chosen));
    case "ArrowRight":
      return [...chosen.next.keys()].sort((one, other) => one.column - other.column || one.row - other.row)[0];
    default:
      return undefined;
  }
}

/// The chosen state in words, with the way to it.
function Chosen({ state, choose, request }: { state: State; choose: (state: State) => void; request: ExplorationRequest }) {
  const { kind, text, causes, paths, next, shortest } = state;
  return (
    <div class="chosen-state" aria-live="polite">
      <p>
        <strong>{text}</strong> <span class="faint">{count(paths)}</span>
      </p>
      {causes.size > 0 && <WhatLeads causes={[...causes.values()]} />}
      <p>
        {kind === "end" ? "The shortest path to it: " : "The shortest path through it to its worst end: "}
        <Path end={shortest} request={request} />
      </p>
      {next.size > 0 && (
        <p>
          Leads to:{" "}
          {[...next].map(([to, causes]) => (
            <button key={to.id} type="button" class="link" onClick={() => choose(to)}>
              {SIGNS[to.verdict]} {to.text} {causes.size > 0 && `(${causes.size} ${causes.size === 1 ? "way" : "ways"})`}
            </button>
          ))}
        </p>
      )}
    </div>
  );
}

const MOST_CAUSES = 8;

function WhatLeads({ causes }: { causes: PathEvent[] }) {
  const texts = causes.sort((one, other) => one.index - other.index).map(({ index, effect, text }) => `${index + 1} (${effect}): ${text}`);
  const [first, rest] = [texts.slice(0, MOST_CAUSES), texts.slice(MOST_CAUSES)];
  return (
    <p>
      What leads to it: {first.join("; ")}
      {rest.length > 0 && <span title={rest.join("; ")}>; and {rest.length} more</span>}
    </p>
  );
}
