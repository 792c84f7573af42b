import { useMemo } from "preact/hooks";
import { namesOf } from "../state/names";
import { at, course, current, go, opened } from "../state/store";
import { Detail } from "./Detail";
import { Icon } from "./Icon";
import { Timeline } from "./Timeline";
import { Verdict } from "./Verdict";
import { NamesContext } from "./Words";
import { World } from "./World";
import type { Course } from "../rules/types";

/// One course, exchange by exchange.
export function Stepper() {
  const played = current.value;
  if (played?.state === "failed") return <Failed why={played.why} />;
  if (!course.value) return <Playing />;
  return <Played course={course.value} silent={played?.state === "played" ? played.silent : undefined} />;
}

function Played({ course, silent }: { course: Course; silent: string | undefined }) {
  const names = useMemo(() => namesOf(course), [course]);
  const times = opened.value?.times;
  return (
    <NamesContext.Provider value={names}>
      <Verdict course={course} silent={silent} />
      <div class="stepper">
        <section class="panel timeline-panel" aria-label="Exchanges">
          <Timeline course={course} at={at.value} go={go} times={times} />
        </section>
        <div class="side">
          <World course={course} at={at.value} />
          <Detail course={course} at={at.value} />
        </div>
      </div>
      <Scrubber course={course} />
    </NamesContext.Provider>
  );
}

function Scrubber({ course }: { course: Course }) {
  const last = course.exchanges.length;
  const here = at.value;
  const marked = useMemo(() => marks(course), [course]);
  return (
    <div class="scrubber" role="group" aria-label="Where in the history">
      <button type="button" aria-label="To the beginning" disabled={here === 0} onClick={() => go(0)}>
        <Icon name="first" />
      </button>
      <button type="button" aria-label="Back" disabled={here === 0} onClick={() => go(here - 1)}>
        <Icon name="back" />
      </button>
      <div class="track">
        <input type="range" min={0} max={last} value={here} aria-label="Exchange" aria-valuetext={`${here} of ${last}`} onInput={(event) => go(Number(event.currentTarget.value))} />
        <div class="marks" aria-hidden="true">
          {marked.map(({ index, kind }) => (
            <i key={`${kind}${index}`} class={`mark-${kind}`} style={{ insetInlineStart: `${(100 * index) / Math.max(1, last)}%` }} />
          ))}
        </div>
      </div>
      <button type="button" aria-label="Forward" disabled={here === last} onClick={() => go(here + 1)}>
        <Icon name="on" />
      </button>
      <button type="button" aria-label="To the end" disabled={here === last} onClick={() => go(last)}>
        <Icon name="last" />
      </button>
      <output>
        {here} / {last}
      </output>
    </div>
  );
}

function marks(course: Course) {
  const happened = course.exchanges.flatMap((exchange, index) => (exchange.happened.length > 0 ? [{ index: index + 1, kind: "event" }] : []));
  const wrong = course.verdict.wrongs.map(({ since }) => ({ index: since === null ? course.exchanges.length : since + 1, kind: "wrong" }));
  return [...happened, ...wrong.slice(0, 1)];
}

function Playing() {
  return (
    <p class="waiting" role="status">
      The rules are being run...
    </p>
  );
}

function Failed({ why }: { why: string }) {
  return (
    <div class="empty" role="alert">
      <h2>This course cannot be played</h2>
      <p>{why}</p>
      <p class="faint">Choose another policy above, or open something else.</p>
    </div>
  );
}
