import { useState } from "preact/hooks";
import { type Course, type PolicyRef, policyKey, samePolicy } from "../rules/types";
import { endDifferences, partsAt } from "../state/compare";
import { activeFork, type Document } from "../state/document";
import { namesOf } from "../state/names";
import { addFork, courseOf, opened } from "../state/store";
import { amount } from "../state/world";
import { policies } from "./Forks";
import { WrongWords } from "./Verdict";
import { NamesContext, Words } from "./Words";

interface Column {
  name: string;
  policy: PolicyRef;
  course: Course | undefined;
  why: string | undefined;
  fork: Document["forks"][number];
}

/// Two or three policies on the same history, or two or three forks, in columns.
export function Compare() {
  const document = opened.value;
  const [chosen, setChosen] = useState<PolicyRef[]>(() => firstChoice(document));
  const [forks, setForks] = useState<number[]>([]);
  const [all, setAll] = useState(false);
  if (!document) return null;
  const fork = activeFork(document);
  const columns: Column[] = [
    ...chosen.map((policy) => column(document, policyKey(policy), policy, fork)),
    ...document.forks.filter(({ id }) => forks.includes(id)).map((other) => column(document, other.name, other.policy, other)),
  ].slice(0, 3);
  const courses = columns.flatMap(({ course }) => (course ? [course] : []));
  const parts = courses.length === columns.length && courses.length > 1 ? partsAt(courses) : undefined;
  const names = courses[0] ? namesOf(courses[0]) : new Map<string, string>();
  const toggle = (policy: PolicyRef) => setChosen(chosen.some((one) => samePolicy(one, policy)) ? chosen.filter((one) => !samePolicy(one, policy)) : [...chosen, policy].slice(-3));
  return (
    <NamesContext.Provider value={names}>
      <div class="compare">
        <fieldset class="chips">
          <legend>Compare on the course {"\u201c"}{fork.name}{"\u201d"}, two or three</legend>
          {policies().map((policy) => (
            <label key={policyKey(policy)}>
              <input type="checkbox" checked={chosen.some((one) => samePolicy(one, policy))} onChange={() => toggle(policy)} /> {policyKey(policy)}
            </label>
          ))}
          {document.forks
            .filter(({ id }) => id !== fork.id)
            .map(({ id, name }) => (
              <label key={id}>
                <input type="checkbox" checked={forks.includes(id)} onChange={() => setForks(forks.includes(id) ? forks.filter((one) => one !== id) : [...forks, id])} /> {name}
              </label>
            ))}
        </fieldset>
        {parts === undefined && courses.length > 1 && <p class="aside">They take the same steps to the same end.</p>}
        {parts !== undefined && (
          <p class="aside">
            They part at exchange <strong>{parts + 1}</strong>.
          </p>
        )}
        <div class="columns" style={{ "--columns": columns.length }}>
          {columns.map((one) => (
            <ColumnView key={one.name} column={one} parts={parts} all={all} setAll={setAll} />
          ))}
        </div>
        {courses.length > 1 && <Ends columns={columns} courses={courses} />}
      </div>
    </NamesContext.Provider>
  );
}

function firstChoice(document: Document | undefined): PolicyRef[] {
  const own = document ? activeFork(document).policy : undefined;
  return policies(own).slice(0, 3);
}

function column(document: Document, name: string, policy: PolicyRef, fork: Document["forks"][number]): Column {
  const played = courseOf(document, policy, fork.changes);
  return { name, policy, fork, course: played.state === "played" ? played.course : undefined, why: played.state === "failed" ? played.why : undefined };
}

interface ColumnProps {
  column: Column;
  parts: number | undefined;
  all: boolean;
  setAll: (all: boolean) => void;
}

function ColumnView({ column: { name, course, why, policy, fork }, parts, all, setAll }: ColumnProps) {
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
  // The last of them stays in sight, to see where one is.
  const alike = Math.max(0, (parts ?? course.exchanges.length) - 1);
  return (
    <section class="panel column" aria-label={name}>
      <h2>
        {name}
        <button type="button" class="link" onClick={() => addFork(`${fork.name}, ${policy.name}`, policy, fork.changes, parts ?? 0)}>
          Step through
        </button>
      </h2>
      <ol class="brief">
        {alike > 0 && (
          <li class="alike">
            <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? "Hide" : "Show"} the first {alike}, alike in all
            </button>
          </li>
        )}
        {course.exchanges.map((exchange, index) => (
          <li key={index} hidden={!all && index < alike} class={`${exchange.mood}${index === parts ? " parts" : ""}${parts !== undefined && index > parts ? " after" : ""}`}>
            {index === parts && <PartsHere course={course} at={index} />}
            <span class="number">{index + 1}</span>
            <span>
              <Words text={exchange.asked} />
              <span class="faint">
                {" "}
                {"\u2192"} <Words text={exchange.answered} />
              </span>
            </span>
          </li>
        ))}
        <li class={`last${course.exchanges.length === parts ? " parts" : ""}`}>
          {course.exchanges.length === parts && <PartsHere course={course} at={parts} />}
          <span class="number">{"\u25a0"}</span>
          <code>{course.end.name}</code>
        </li>
      </ol>
      <Verdicts course={course} />
    </section>
  );
}

function PartsHere({ course, at }: { course: Course; at: number }) {
  const step = course.steps.find((one) => at >= one.at && at < one.at + Math.max(1, one.count));
  const [reason] = step?.reasons ?? [];
  return (
    <p class="parts-here">
      <span class="badge accent">parts here</span> {reason ? <Words text={reason.words} /> : ""}
    </p>
  );
}

function Verdicts({ course }: { course: Course }) {
  if (course.wrongs.length === 0) {
    return (
      <p class="right">
        <span class="badge good">{"\u2713"} RIGHT</span>
      </p>
    );
  }
  return (
    <ul class="wrongs">
      {course.wrongs.map((wrong) => (
        <li key={wrong.words}>
          <span class="badge bad">
            {"\u25b2"} {wrong.kind.toUpperCase()}
          </span>{" "}
          <WrongWords course={course} wrong={wrong} />
        </li>
      ))}
    </ul>
  );
}

function Ends({ columns, courses }: { columns: Column[]; courses: Course[] }) {
  const differences = endDifferences(courses);
  if (differences.length === 0) return <p class="aside">In the end everybody holds the same in all of them.</p>;
  return (
    <section class="panel">
      <h2>Who holds what in the end</h2>
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
                  {held > 0 ? amount(line.class, held) : <span class="faint">nothing</span>}
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
  return course?.wrongs.find((wrong) => wrong.consumer === line.consumer && wrong.provider === line.provider)?.kind;
}
