import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import type { Course, Wrong } from "../rules/types";
import { go, opened } from "../state/store";
import { amounts } from "../state/world";
import { Provenance } from "./Provenance";
import { Words } from "./Words";

/// How the course ended, and what is wrong at the end.
export const Verdict = memo(function Verdict({ course, silent }: { course: Course; silent: string | undefined }) {
  const { end, verdict } = course;
  return (
    <section class={`verdict ${verdict.kind}`} aria-label="How it ends">
      <Provenance silent={silent} />
      <p class="end">
        <span class="label">Ends</span> <code>{end.name}</code> <Words text={end.words} />
      </p>
      <Left course={course} />
      {course.unused.map((change) => (
        <p class="aside" key={JSON.stringify(change)}>
          The change at {change.effect} number {change.nth} was not reached.
        </p>
      ))}
      <Judged course={course} full />
    </section>
  );
});

/// Where the course leaves the record.
function Left({ course: { leaves_record_at: at, recorded, exchanges } }: { course: Course }) {
  if (at === null) return null;
  const count = exchanges.length;
  let says = `These rules leave the record at exchange ${at + 1}: before it everything is as recorded, and from it on the model answers. The model's answers do not count as readings.`;
  if (at === count && count < (recorded ?? 0)) says = `These rules leave the record: they end after ${count} of the ${recorded} exchanges that were recorded.`;
  else if (at === count) says = "These rules leave the record at its end: the recorded task ended differently.";
  return (
    <p class="aside">
      <span class="badge played">played</span> {says}{" "}
      <button type="button" class="link" onClick={() => go(at)}>
        Show it
      </button>
    </p>
  );
}

/// The verdict: what is wrong, what a person must look at, what is not known. It is right only if everything it needs
/// is known.
export function Judged({ course, full = false }: { course: Course; full?: boolean }) {
  const { kind, wrongs, left, unknown } = course.verdict;
  if (kind === "open") return null;
  return (
    <ul class="wrongs">
      {kind === "right" && <Line mood="good" badge={"\u2713 RIGHT"}>{full && <span>{rightWords(course)}</span>}</Line>}
      {kind === "broken" && <Line mood="bad" badge={"\u2717 BROKEN"}>the rules failed, so there is no verdict on the allocations</Line>}
      {kind === "person" && <Line mood="warn" badge="! NEEDS A PERSON">this end says that a person must look: no rule can decide what is right</Line>}
      {left.map((one) => (
        <Line key={one.words} mood="warn" badge="left as it is">
          <WrongWords course={course} wrong={one} told />
        </Line>
      ))}
      {wrongs.map((one) => (
        <Line key={one.words} mood="bad" badge={`\u25b2 ${one.kind.toUpperCase()}`}>
          <WrongWords course={course} wrong={one} />
          {full && <Since wrong={one} />}
        </Line>
      ))}
      {unknown.map((words) => (
        <Line key={words} mood="unknown" badge="? UNKNOWN">
          <span>
            <Words text={words} />
          </span>
        </Line>
      ))}
    </ul>
  );
}

function Line({ mood, badge, children }: { mood: string; badge: string; children?: ComponentChildren }) {
  return (
    <li>
      <span class={`badge ${mood}`}>{badge}</span> {children}
    </li>
  );
}

function Since({ wrong: { since } }: { wrong: Wrong }) {
  if (since === null) return <span class="faint">the task ended, and nothing more was done</span>;
  return (
    <button type="button" class="link" onClick={() => go(since + 1)}>
      since exchange {since + 1}
    </button>
  );
}

/// What the verdict "right" is based on.
function rightWords({ verdict, recorded, leaves_record_at: left, exchanges }: Course): string {
  const what = verdict.under_way ? "so far: the migration goes on after this task" : "each consumer holds what it should";
  if (recorded === null) return `${what}, ${opened.value?.source.kind === "pasted" ? "by what was pasted and the model" : "on the model, which has all of it"}`;
  return `${what}, ${left === null || left === exchanges.length ? "by what was read and written" : `by what was read up to exchange ${left}, and by the model after it`}`;
}

/// What is wrong, in a sentence; `told` if the end itself says that a person must look.
export function WrongWords({ course, wrong, told = false }: { course: Course; wrong: Wrong; told?: boolean }) {
  const who = <Words text={wrong.consumer} />;
  const what = (
    <>
      <strong>{amounts(wrong.resources)}</strong> of <Words text={wrong.provider} />
    </>
  );
  if (wrong.kind === "loss")
    return (
      <span>
        {who} {told ? "does not hold" : "runs without"} its {what}
      </span>
    );
  return (
    <span>
      {who}
      {deleted(course, wrong.consumer) && ", which is deleted,"} holds {what}
      {!told && ", and should not"}
    </span>
  );
}

function deleted(course: Course, consumer: string): boolean {
  return course.moments.at(-1)?.consumers.some((held) => held.consumer === consumer && !held.alive && held.existence === "known") ?? false;
}
