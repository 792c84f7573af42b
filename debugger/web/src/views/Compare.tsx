import { useState } from "preact/hooks";
import { type RunView, identity, type PolicyRef, policyKey } from "../rules/types";
import { endDifferences, firstDifference } from "../state/compare";
import { activeFork, type Document, type Fork } from "../state/document";
import { namesOf } from "../state/names";
import { addFork, chooseFork, runOf, opened, view } from "../state/store";
import { amount } from "../state/holdings";
import { playable } from "./Forks";
import { Judged } from "./Verdict";
import { NamesContext, NamedText } from "./NamedText";
import "../styles/compare.css";

/// A policy on the current run, or another run as it is.
type Choice = { policy: PolicyRef } | { fork: number };

interface Column {
  name: string;
  choice: Choice;
  policy: PolicyRef;
  run: RunView | undefined;
  why: string | undefined;
  fork: Fork;
}

/// The most columns.
const MOST = 3;
/// The most exchanges shown of a column until the user asks for all.
const ROWS = 300;

/// Two or three policies on the same history, or two or three runs, in columns.
export function Compare() {
  const document = opened.value;
  const [chosen, setChosen] = useState<Choice[]>(() => firstChoice(document));
  const [all, setAll] = useState(false);
  if (!document) return null;
  const fork = activeFork(document);
  const choices = choicesOf(document, fork);
  const columns = choices.filter(({ key }) => chosen.some((one) => keyOf(one) === key)).map(({ choice, name }) => column(document, fork, choice, name));
  const runs = columns.flatMap(({ run }) => (run ? [run] : []));
  const differsAt = runs.length === columns.length && runs.length > 1 ? firstDifference(runs) : undefined;
  const names = runs[0] ? namesOf(runs[0]) : new Map<string, string>();
  const toggle = (choice: Choice) => {
    const others = chosen.filter((one) => keyOf(one) !== keyOf(choice) && choices.some(({ key }) => key === keyOf(one)));
    const was = chosen.some((one) => keyOf(one) === keyOf(choice));
    setChosen(was ? others : [...others, choice].slice(-MOST));
  };
  return (
    <NamesContext.Provider value={names}>
      <div class="compare">
        <fieldset class="chips">
          <legend>Compare on the course {"\u201c"}{fork.name}{"\u201d"}, two or three</legend>
          {choices.map(({ choice, key, name }) => (
            <label key={key}>
              <input type="checkbox" checked={chosen.some((one) => keyOf(one) === key)} onChange={() => toggle(choice)} /> {name}
            </label>
          ))}
        </fieldset>
        {differsAt === undefined && runs.length > 1 && runs.length === columns.length && <p class="aside">They take the same steps and have the same end.</p>}
        {differsAt !== undefined && (
          <p class="aside">
            They differ from exchange <strong>{differsAt + 1}</strong>.
          </p>
        )}
        <div class="columns" style={{ "--columns": columns.length }}>
          {columns.map((one) => (
            <ColumnView key={keyOf(one.choice)} column={one} differsAt={differsAt} all={all} setAll={setAll} />
          ))}
        </div>
        {runs.length > 1 && runs.length === columns.length && <Ends columns={columns} runs={runs} />}
      </div>
    </NamesContext.Provider>
  );
}

function keyOf(choice: Choice): string {
  return "fork" in choice ? `course ${choice.fork}` : identity(choice.policy);
}

/// What can be compared with the current run. The recorded run is a separate choice, not a policy of this page.
function choicesOf(document: Document, own: Fork): { choice: Choice; key: string; name: string }[] {
  const policies = own.policy.kind === "recorded" || playable().some((one) => identity(one) === identity(own.policy)) ? playable() : [...playable(), own.policy];
  const ofPolicies = policies.map((policy) => ({ choice: { policy }, key: identity(policy), name: policyKey(policy) }));
  const forks = document.forks.filter(({ id, policy }) => id !== own.id || policy.kind === "recorded");
  const ofForks = forks.map(({ id, name }) => ({ choice: { fork: id }, key: keyOf({ fork: id }), name }));
  return own.policy.kind === "recorded" ? [...ofForks, ...ofPolicies] : [...ofPolicies, ...ofForks];
}

function firstChoice(document: Document | undefined): Choice[] {
  if (!document) return [];
  const fork = activeFork(document);
  const recorded: Choice[] = fork.policy.kind === "recorded" ? [{ fork: fork.id }] : [];
  return [...recorded, ...playable().map((policy) => ({ policy }))].slice(0, MOST);
}

function column(document: Document, own: Fork, choice: Choice, name: string): Column {
  const fork = "fork" in choice ? (document.forks.find(({ id }) => id === choice.fork) ?? own) : own;
  const policy = "fork" in choice ? fork.policy : choice.policy;
  const played = runOf(document, policy, fork.changes);
  return { name, choice, policy, fork, run: played.state === "played" ? played.run : undefined, why: played.state === "failed" ? played.why : undefined };
}

/// Opens the column's run; for a policy, a new run is made of it.
function stepThrough({ choice, fork, policy }: Column, at: number): void {
  if ("fork" in choice) {
    chooseFork(fork.id);
    view.value = "step";
  } else addFork(`${fork.name}, ${policy.name}`, policy, fork.changes, at);
}

interface ColumnProps {
  column: Column;
  differsAt: number | undefined;
  all: boolean;
  setAll: (all: boolean) => void;
}

function ColumnView({ column, differsAt, all, setAll }: ColumnProps) {
  const { name, run, why } = column;
  if (why !== undefined)
    return (
      <section class="panel column">
        <h2>{name}</h2>
        <p class="error">{why}</p>
      </section>
    );
  if (!run)
    return (
      <section class="panel column">
        <h2>{name}</h2>
        <p class="waiting">...</p>
      </section>
    );
  // The last hidden exchange stays visible, to show the position.
  const alike = Math.max(0, (differsAt ?? run.exchanges.length) - 1);
  const from = all ? 0 : alike;
  const shown = all ? run.exchanges : run.exchanges.slice(from, from + ROWS);
  const leavesAt = run.leaves_record_at;
  return (
    <section class="panel column" aria-label={name}>
      <h2>
        {name}
        <button type="button" class="link" onClick={() => stepThrough(column, differsAt ?? 0)}>
          Step through
        </button>
      </h2>
      <ol class="brief">
        {alike > 0 && (
          <li class="alike">
            <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? "Hide" : "Show"} the first {alike}, the same in all
            </button>
          </li>
        )}
        {shown.map((exchange, place) => (
          <Brief key={from + place} exchange={exchange} index={from + place} run={run} differsAt={differsAt} />
        ))}
        {from + shown.length < run.exchanges.length && (
          <li class="alike">
            <button type="button" class="link" onClick={() => setAll(true)}>
              Show {(run.exchanges.length - from - shown.length).toLocaleString("en")} more
            </button>
          </li>
        )}
        <li class={`last${run.exchanges.length === differsAt ? " differs" : ""}`}>
          {run.exchanges.length === differsAt && <DiffersHere run={run} at={differsAt} />}
          <span class="number">{"\u25a0"}</span>
          <span>
            <code>{run.end.name}</code>
            {leavesAt !== null && leavesAt === run.exchanges.length && <span class="badge played">played</span>}
          </span>
        </li>
      </ol>
      <Judged run={run} />
    </section>
  );
}

interface BriefProps {
  exchange: RunView["exchanges"][number];
  index: number;
  run: RunView;
  differsAt: number | undefined;
}

/// One exchange as one line.
function Brief({ exchange, index, run, differsAt }: BriefProps) {
  return (
    <li class={`${exchange.reply_class}${index === differsAt ? " differs" : ""}${differsAt !== undefined && index > differsAt ? " after" : ""}`}>
      {index === differsAt && <DiffersHere run={run} at={index} />}
      {run.leaves_record_at === index && <p class="differs-here"><span class="badge played">played</span> from here on, and not recorded</p>}
      <span class="number">{index + 1}</span>
      <span>
        <NamedText text={exchange.effect_text} />
        <span class="faint">
          {" "}
          {"\u2192"} <NamedText text={exchange.reply_text} />
        </span>
      </span>
    </li>
  );
}

function DiffersHere({ run, at }: { run: RunView; at: number }) {
  const step = run.steps.find((one) => at >= one.at && at < one.at + Math.max(1, one.count));
  const [reason] = step?.reasons ?? [];
  return (
    <p class="differs-here">
      <span class="badge accent">differs here</span> {reason ? <NamedText text={reason.text} /> : ""}
    </p>
  );
}

function Ends({ columns, runs }: { columns: Column[]; runs: RunView[] }) {
  const differences = endDifferences(runs);
  if (differences.length === 0) return <p class="aside">At the end each consumer holds the same in all of them, as far as this is known.</p>;
  return (
    <section class="panel">
      <h2>Who holds what at the end</h2>
      <table class="ends">
        <thead>
          <tr>
            <th scope="col">Consumer</th>
            <th scope="col">Provider</th>
            {columns.map(({ name }) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {differences.map((line) => (
            <tr key={`${line.consumer}${line.provider}${line.class}`}>
              <td>
                <NamedText text={line.consumer} />
              </td>
              <td>
                <NamedText text={line.provider} />
              </td>
              {line.amounts.map((held, at) => (
                <td key={columns[at]?.name} class={violationIn(runs[at], line) ? "bad" : ""}>
                  {held === undefined && <span class="faint">not known</span>}
                  {held !== undefined && (held > 0 ? amount(line.class, held) : <span class="faint">nothing</span>)}
                  {violationIn(runs[at], line) && <span class="badge bad">{"\u25b2"} {violationIn(runs[at], line)}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function violationIn(run: RunView | undefined, line: { consumer: string; provider: string }): string | undefined {
  return run?.verdict.violations.find((violation) => violation.consumer === line.consumer && violation.provider === line.provider)?.kind;
}
