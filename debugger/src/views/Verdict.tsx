import { memo } from "preact/compat";
import type { Course, Wrong } from "../rules/types";
import { go } from "../state/store";
import { amounts } from "../state/world";
import { Words } from "./Words";

/// How the course ended, and what is wrong then.
export const Verdict = memo(function Verdict({ course }: { course: Course }) {
  const { end, wrongs } = course;
  const wrong = wrongs.length > 0;
  return (
    <section class={wrong ? "verdict wrong" : "verdict"} aria-label="How it ends">
      <p class="end">
        <span class="label">Ends</span> <code>{end.name}</code> <Words text={end.words} />
      </p>
      {course.leaves_record_at !== null && (
        <p class="aside">
          These rules leave the record at exchange {course.leaves_record_at + 1}; from there on the world is played in memory.{" "}
          <button type="button" class="link" onClick={() => go(course.leaves_record_at ?? 0)}>
            Show it
          </button>
        </p>
      )}
      {course.unused.map((change) => (
        <p class="aside" key={JSON.stringify(change)}>
          A change at {change.effect} number {change.nth} never came to its place.
        </p>
      ))}
      {wrong ? (
        <ul class="wrongs">
          {wrongs.map((one) => (
            <li key={one.words}>
              <span class="badge bad">
                {"\u25b2"} {one.kind.toUpperCase()}
              </span>
              <WrongWords course={course} wrong={one} />
              {one.since === null ? (
                <span class="faint">the task ended, and nothing more was done</span>
              ) : (
                <button type="button" class="link" onClick={() => go((one.since ?? 0) + 1)}>
                  since exchange {one.since + 1}
                </button>
              )}
            </li>
          ))}
        </ul>
      ) : (
        end.kind !== "open" && (
          <p class="right">
            <span class="badge good">{"\u2713"} RIGHT</span> everybody holds what they should
          </p>
        )
      )}
    </section>
  );
});

/// What is wrong, in a sentence.
export function WrongWords({ course, wrong }: { course: Course; wrong: Wrong }) {
  const who = <Words text={wrong.consumer} />;
  const what = (
    <>
      <strong>{amounts(wrong.resources)}</strong> of <Words text={wrong.provider} />
    </>
  );
  if (wrong.kind === "loss")
    return (
      <span>
        {who} runs on without its {what}
      </span>
    );
  return (
    <span>
      {who}
      {deleted(course, wrong.consumer) && ", which is deleted,"} holds {what}, and should not
    </span>
  );
}

function deleted(course: Course, consumer: string): boolean {
  return course.moments.at(-1)?.consumers.some((held) => held.consumer === consumer && !held.alive) ?? false;
}
