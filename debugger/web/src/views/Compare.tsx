import { useState } from "preact/hooks";
import { type Course, identity, type PolicyRef, policyKey } from "../rules/types";
import { endDifferences, partsAt } from "../state/compare";
import { activeFork, type Document, type Fork } from "../state/document";
import { namesOf } from "../state/names";
import { addFork, chooseFork, courseOf, opened, view } from "../state/store";
import { amount } from "../state/world";
import { playable } from "./Forks";
import { Judged } from "./Verdict";
import { NamesContext, Words } from "./Words";

/// A policy on the current course, or another course as it is.
type Choice = { policy: PolicyRef } | { fork: number };

interface Column {
  name: string;
  choice: Choice;
  policy: PolicyRef;
  course: Course | undefined;
  why: string | undefined;
  fork: Fork;
}

/// The most columns.
const MOST = 3;
/// The most exchanges shown of a column until the user asks for all.
const ROWS = 300;

/// Two or three policies on the same history, or two or three courses, in columns.
export function Compare() {
  const document = opened.value;
  const [chosen, setChosen] = useState<Choice[]>(() => firstChoice(document));
  const [all, setAll] = useState(false);
  if (!document) return null;
  const fork = activeFork(document);
  const choices = choicesOf(document, fork);
  const columns = choices.filter(({ key }) => chosen.some((one) => keyOf(one) === key)).map(({ choice, name }) => column(document, fork, choice, name));
  const courses = columns.flatMap(({ course }) => (course ? [course] : []));
  const parts = courses.length === columns.length && courses.length > 1 ? partsAt(courses) : undefined;
  const names = courses[0] ? namesOf(courses[0]) : new Map<string, string>();
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
        {parts === undefined && courses.length > 1 && courses.length === columns.length && <p class="aside">They take the same steps and have the same end.</p>}
        {parts !== undefined && (
          <p class="aside">
            They differ from exchange <strong>{parts + 1}</strong>.
          </p>
        )}
        <div class="columns" style={{ "--columns": columns.length }}>
          {columns.map((one) => (
            <ColumnView key={keyOf(one.choice)} column={one} parts={parts} all={all} setAll={setAll} />
          ))}
        </div>
        {courses.length > 1 && courses.length === columns.length && <Ends columns={columns} courses={courses} />}
      </div>
    </NamesContext.Provider>
  );
}

function keyOf(choice: Choice): string {
  return "fork" in choice ? `course ${choice.fork}` : identity(choice.policy);
}

/// What can be compared with the current course. The recorded course is a separate choice, not a policy of this page.
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
  const played = courseOf(document, policy, fork.changes);
  return { name, choice, policy, fork, course: played.state === "played" ? played.course : undefined, why: played.state === "failed" ? played.why : undefined };
}

/// Opens the column's course; for a policy, a new course is made of it.
function stepThrough({ choice, fork, policy }: Column, at: number): void {
  if ("fork" in choice) {
    chooseFork(fork.id);
    view.value = "step";
  } else addFork(`${fork.name}, ${policy.name}`, policy, fork.changes, at);
}

interface ColumnProps {
  column: Column;
  parts: number | undefined;
  all: boolean;
  setAll: (all: boolean) => void;
}

function ColumnView({ column, parts, all, setAll }: ColumnProps) {
  const { name, course, why } = column;
  if (why !== undefined)
    return (
      <section class="panel column">
        <h2>{name}</h2>
        <p class="error">{why}</p>
      </section>
    );
  if (!course)
    return (
      <section class="panel column">
        <h2>{name}</h2>
        <p class="waiting">...</p>
      </section>
    );
  // The last hidden exchange stays visible, to show the position.
  const alike = Math.max(0, (parts ?? course.exchanges.length) - 1);
  const from = all ? 0 : alike;
  const shown = all ? course.exchanges : course.exchanges.slice(from, from + ROWS);
  const left = course.leaves_record_at;
  return (
    <section class="panel column" aria-label={name}>
      <h2>
        {name}
        <button type="button" class="link" onClick={() => stepThrough(column, parts ?? 0)}>
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
          <Brief key={from + place} exchange={exchange} index={from + place} course={course} parts={parts} />
        ))}
        {from + shown.length < course.exchanges.length && (
          <li class="alike">
            <button type="button" class="link" onClick={() => setAll(true)}>
              Show {(course.exchanges.length - from - shown.length).toLocaleString("en")} more
            </button>
          </li>
        )}
        <li class={`last${course.exchanges.length === parts ? " parts" : ""}`}>
          {course.exchanges.length === parts && <PartsHere course={course} at={parts} />}
          <span class="number">{"\u25a0"}</span>
          <span>
            <code>{course.end.name}</code>
            {left !== null && left === course.exchanges.length && <span class="badge played">played</span>}
          </span>
        </li>
      </ol>
      <Judged course={course} />
    </section>
  );
}

interface BriefProps {
  exchange: Course["exchanges"][number];
  index: number;
  course: Course;
  parts: number | undefined;
}

/// One exchange as one line.
function Brief({ exchange, index, course, parts }: BriefProps) {
  return (
    <li class={`${exchange.mood}${index === parts ? " parts" : ""}${parts !== undefined && index > parts ? " after" : ""}`}>
      {index === parts && <PartsHere course={course} at={index} />}
      {course.leaves_record_at === index && <p class="parts-here"><span class="badge played">played</span> from here on, and not recorded</p>}
      <span class="number">{index + 1}</span>
      <span>
        <Words text={exchange.asked} />
        <span class="faint">
          {" "}
          {"\u2192"} <Words text={exchange.answered} />
        </span>
      </span>
    </li>
  );
}

function PartsHere({ course, at }: { course: Course; at: number }) {
  const step = course.steps.find((one) => at >= one.at && at < one.at + Math.max(1, one.count));
  const [reason] = step?.reasons ?? [];
  return (
    <p class="parts-here">
      <span class="badge accent">differs here</span> {reason ? <Words text={reason.words} /> : ""}
    </p>
  );
}

function Ends({ columns, courses }: { columns: Column[]; courses: Course[] }) {
  const differences = endDifferences(courses);
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
                <Words text={line.consumer} />
              </td>
              <td>
                <Words text={line.provider} />
              </td>
              {line.amounts.map((held, at) => (
                <td key={columns[at]?.name} class={blamed(courses[at], line) ? "bad" : ""}>
                  {held === undefined && <span class="faint">not known</span>}
                  {held !== undefined && (held > 0 ? amount(line.class, held) : <span class="faint">nothing</span>)}
                  {blamed(courses[at], line) && <span class="badge bad">{"\u25b2"} {blamed(courses[at], line)}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function blamed(course: Course | undefined, line: { consumer: string; provider: string }): string | undefined {
  return course?.verdict.wrongs.find((wrong) => wrong.consumer === line.consumer && wrong.provider === line.provider)?.kind;
}
