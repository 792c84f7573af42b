import { useMemo } from "preact/hooks";
import { type RunView, identity, type PolicyRef, policyKey } from "../rules/types";
import { align, type Rows } from "../state/align";
import { differsFrom } from "../state/compare";
import { activeFork, type Document, type Fork } from "../state/document";
import { firstHarm, marksOf } from "../state/holding";
import { namesOf } from "../state/names";
import { byRow } from "../state/scale";
import { addFork, chooseFork, compared, opened, runOf, view } from "../state/store";
import { ColumnView } from "./ComparedColumn";
import { Ends } from "./ComparedEnds";
import { playable } from "./Forks";
import { Key } from "./HoldingOverTime";
import { NamesContext } from "./NamedText";
import { Strips } from "./Strips";
import "../styles/compare.css";

/// A policy on the current run, or another run as it is.
type Choice = { policy: PolicyRef } | { fork: number };

export interface Column {
  key: string;
  name: string;
  choice: Choice;
  policy: PolicyRef;
  run: RunView | undefined;
  why: string | undefined;
  fork: Fork;
}

/// The most columns.
const MOST = 3;

/// Two or three policies on the same history, or two or three runs: stacked over time, and in columns.
export function Compare() {
  const document = opened.value;
  if (!document) return null;
  const fork = activeFork(document);
  const choices = choicesOf(document, fork);
  const known = (compared.value ?? []).filter((key) => choices.some((choice) => choice.key === key));
  const chosen = known.length > 0 ? known : choices.slice(0, MOST).map(({ key }) => key);
  const columns = choices.filter(({ key }) => chosen.includes(key)).map(({ choice, key, name }) => column(document, fork, choice, key, name));
  const toggle = (key: string) => (compared.value = chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key].slice(-MOST));
  const runs = columns.flatMap(({ run }) => (run ? [run] : []));
  const names = runs[0] ? namesOf(runs[0]) : new Map<string, string>();
  return (
    <NamesContext.Provider value={names}>
      <div class="compare">
        <fieldset class="chips">
          <legend>
            Compare on the course {"\u201c"}
            {fork.name}
            {"\u201d"}, two or three
          </legend>
          {choices.map(({ key, name }) => (
            <label key={key}>
              <input type="checkbox" checked={chosen.includes(key)} onChange={() => toggle(key)} /> {name}
            </label>
          ))}
        </fieldset>
        {runs.length === columns.length ? <Compared columns={columns} runs={runs} /> : <Waiting columns={columns} />}
      </div>
    </NamesContext.Provider>
  );
}

/// What can be compared with the current run. The recorded run is a separate choice, not a policy of this page.
function choicesOf(document: Document, own: Fork): { choice: Choice; key: string; name: string }[] {
  const policies = own.policy.kind === "recorded" || playable().some((one) => identity(one) === identity(own.policy)) ? playable() : [...playable(), own.policy];
  const ofPolicies = policies.map((policy) => ({ choice: { policy }, key: policy.kind === "built-in" ? policy.name : `sha256-${policy.digest.slice(0, 16)}`, name: policyKey(policy) }));
  const forks = document.forks.filter(({ id, policy }) => id !== own.id || policy.kind === "recorded");
  const ofForks = forks.map(({ id, name }) => ({ choice: { fork: id }, key: `course-${id}`, name }));
  return own.policy.kind === "recorded" ? [...ofForks, ...ofPolicies] : [...ofPolicies, ...ofForks];
}

function column(document: Document, own: Fork, choice: Choice, key: string, name: string): Column {
  const fork = "fork" in choice ? (document.forks.find(({ id }) => id === choice.fork) ?? own) : own;
  const policy = "fork" in choice ? fork.policy : choice.policy;
  const played = runOf(document, policy, fork.changes);
  return { key, name, choice, policy, fork, run: played.state === "played" ? played.run : undefined, why: played.state === "failed" ? played.why : undefined };
}

/// While a run is not there; one that cannot be played says why.
function Waiting({ columns }: { columns: Column[] }) {
  return (
    <div class="columns" style={{ "--columns": columns.length }}>
      {columns.map(({ key, name, run, why }) => (
        <section class="panel" key={key} aria-label={name}>
          <h2>{name}</h2>
          {why === undefined ? <p class={run ? "faint" : "waiting"}>{run ? "It waits for the others." : "..."}</p> : <p class="error">{why}</p>}
        </section>
      ))}
    </div>
  );
}

/// Opens the column's run; for a policy, a new run is made of it.
export function stepThrough({ choice, fork, policy }: Column, at: number): void {
  if ("fork" in choice) {
    chooseFork(fork.id);
    view.value = "step";
  } else addFork(`${fork.name}, ${policy.name}`, policy, fork.changes, at);
}

function Compared({ columns, runs }: { columns: Column[]; runs: RunView[] }) {
  const rows = useMemo(() => align(runs), runs);
  const all = columns.map((_, index) => index);
  const pairs = all.flatMap((one) => all.slice(one + 1).map((other) => ({ one, other, row: differsFrom(rows, runs, one, other) })));
  const first = pairs.map(({ row }) => row ?? Infinity).reduce((one, other) => Math.min(one, other), Infinity);
  const alike = Number.isFinite(first) ? first : rows.length;
  return (
    <>
      {runs.length > 1 && <Pairs pairs={pairs} columns={columns} runs={runs} rows={rows} />}
      <OverTime columns={columns} runs={runs} rows={rows} />
      <div class="columns" style={{ "--columns": columns.length }}>
        {columns.map((one, index) => (
          <ColumnView key={one.key} column={one} run={runs[index] as RunView} index={index} rows={rows} alike={alike} differsAt={pairs.find((pair) => (index === 0 ? pair.row === first : pair.one === 0 && pair.other === index))?.row} />
        ))}
      </div>
      {runs.length > 1 && <Ends columns={columns} runs={runs} />}
    </>
  );
}

/// Where each two of them differ, and which of them does harm first.
function Pairs({ pairs, columns, runs, rows }: { pairs: { one: number; other: number; row: number | undefined }[]; columns: Column[]; runs: RunView[]; rows: Rows }) {
  if (pairs.every(({ row }) => row === undefined)) return <p class="aside">They take the same steps and have the same end.</p>;
  const harmed = runs.flatMap((run, index) => {
    const harm = firstHarm(run);
    return harm === undefined ? [] : [`${columns[index]?.name}: ${harm < run.exchanges.length ? `first harm at exchange ${harm + 1}` : "harm at the end"}`];
  });
  return (
    <ul class="aside pairs" aria-label="Differences">
      {pairs.map(({ one, other, row }) => (
        <li key={`${one} ${other}`}>
          {columns[one]?.name} and {columns[other]?.name} {row === undefined ? "take the same steps and have the same end" : differFrom(exchangeAt(rows, one, row), exchangeAt(rows, other, row))}
        </li>
      ))}
      {harmed.map((text) => (
        <li key={text}>
          <span class="badge bad">{"\u25b2"}</span> {text}
        </li>
      ))}
    </ul>
  );
}

/// The number of the exchange of a run that is in this row, or the next one.
function exchangeAt(rows: Rows, run: number, row: number): number {
  return rows.slice(0, row).filter((one) => one[run] !== undefined).length + 1;
}

function differFrom(one: number, other: number): string {
  return `differ from exchange ${one}${one === other ? "" : ` and ${other}`}`;
}

/// The runs under each other on one scale: what they ask alike is at the same place.
function OverTime({ columns, runs, rows }: { columns: Column[]; runs: RunView[]; rows: Rows }) {
  const edges = useMemo(
    () =>
      runs.map((_, index) =>
        byRow(
          rows.flatMap((row, at) => (row[index] === undefined ? [] : [at])),
          rows.length,
        ),
      ),
    [rows],
  );
  const marks = useMemo(() => runs.map((run) => marksOf(run)), runs);
  return (
    <section class="panel over-time" aria-label="Holding over time">
      <div class="over-time-head">
        <h2>Holding over time</h2>
        <Key />
      </div>
      {columns.map(({ key, name }, index) => (
        <div key={key} class="strips" role="group" aria-label={`Over time: ${name}`}>
          <h3>{name}</h3>
          <Strips run={runs[index] as RunView} edges={edges[index] ?? []} marks={marks[index] ?? []} />
        </div>
      ))}
    </section>
  );
}
