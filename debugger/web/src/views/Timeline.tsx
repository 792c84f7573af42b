import { memo } from "preact/compat";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Course, ExchangeView, RecordFile } from "../rules/types";
import { Words } from "./Words";

const LANES = ["policy", "host", "Placement", "conductor"] as const;
const SIGNS = { well: "\u2713", no: "\u2717", silence: "?" } as const;
const MOODS = { well: "answered", no: "refused", silence: "no answer" } as const;

/// A list of up to WHOLE rows is drawn whole. Of a longer one only the rows around the current exchange are drawn, three times
/// PART: each row costs layout at every step, and a step must not take longer than a frame.
const WHOLE = 200;
const PART = 25;

interface Props {
  course: Course;
  at: number;
  go: (to: number) => void;
  times?: RecordFile["times"];
}

/// The exchanges as lanes, from the top down: who sends a request to whom.
export function Timeline({ course, at, go, times }: Props) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const { wrongs } = course.verdict;
  const wrongSince = useMemo(() => new Set(wrongs.map(({ since }) => since)), [wrongs]);
  const count = course.exchanges.length;
  const [first, end] = part(at, count);
  const left = course.leaves_record_at;
  return (
    <>
      <div class="lanes-head" aria-hidden="true">
        {LANES.map((lane) => (
          <span key={lane}>{lane}</span>
        ))}
      </div>
      <ol class="timeline" ref={list}>
        <li class={at === 0 ? "row here" : "row"} aria-current={at === 0 ? "step" : undefined}>
          <button type="button" onClick={() => go(0)}>
            <span class="number">0</span>
            <span class="begin">In the beginning</span>
          </button>
        </li>
        <More count={first} words="before" go={() => go(first)} />
        {course.exchanges.slice(first, end).map((exchange, place) => {
          const index = first + place;
          return (
            <Row
              key={index}
              exchange={exchange}
              index={index}
              here={at === index + 1}
              go={go}
              first={course.exchanges[index - 1]?.step !== exchange.step}
              wrong={wrongSince.has(index)}
              leaves={left === index}
              played={left !== null && index >= left}
              time={times?.[index]}
            />
          );
        })}
        <More count={count - end} words="after" go={() => go(end + 1)} />
        <li class={`row last ${course.end.kind}${left === null ? "" : " played"}`}>
          {left === count && <p class="leaves">not as recorded from here on</p>}
          <span class="number" aria-hidden="true">
            {"\u25a0"}
          </span>
          <span class="begin">
            <code>{course.end.name}</code> {wrongs.length > 0 && wrongs.every(({ since }) => since === null) && <span class="badge bad">{"\u25b2"} and it stays wrong</span>}
          </span>
        </li>
      </ol>
    </>
  );
}

/// The range of rows to draw; the end is excluded.
function part(at: number, count: number): [number, number] {
  if (count <= WHOLE) return [0, count];
  const first = Math.max(0, Math.floor((at - 1) / PART) * PART - PART);
  return [first, Math.min(count, first + 3 * PART)];
}

function More({ count, words, go }: { count: number; words: string; go: () => void }) {
  if (count <= 0) return null;
  return (
    <li class="row">
      <button type="button" onClick={go}>
        <span class="begin">
          {count.toLocaleString("en")} exchanges {words} these: show
        </span>
      </button>
    </li>
  );
}

interface RowProps {
  exchange: ExchangeView;
  index: number;
  here: boolean;
  go: (to: number) => void;
  first: boolean;
  wrong: boolean;
  leaves: boolean;
  played: boolean;
  time: { asked_ms: number; answered_ms: number } | undefined;
}

/// Memoised, since a step changes only two of hundreds of rows.
const Row = memo(function Row({ exchange, index, here, go, first, wrong, leaves, played, time }: RowProps) {
  const { by, mood, happened } = exchange;
  return (
    <li class={`row${here ? " here" : ""}${first ? " first" : ""}${wrong ? " wrong" : ""}${played ? " played" : ""}`} aria-current={here ? "step" : undefined}>
      {leaves && <p class="leaves">played from here on: the model answers, and not the record</p>}
      {happened.map((words) => (
        <p class="happened" key={words}>
          <span aria-hidden="true">{"\u26a1"}</span> {words}
        </p>
      ))}
      <button type="button" onClick={() => go(index + 1)}>
        <span class="number">{index + 1}</span>
        <span class={`arrow to-${by}`} aria-hidden="true">
          <i class="spoke" />
          <i class="line" />
        </span>
        <span class="asked">
          <span class={`who ${by}`}>{by === "placement" ? "Placement" : by}</span> <Words text={exchange.asked} />
        </span>
        <span class={`answered ${mood}`}>
          <span class="sign" title={MOODS[mood as keyof typeof MOODS]}>
            {SIGNS[mood as keyof typeof SIGNS]}
          </span>{" "}
          <Words text={exchange.answered} />
          {time && <span class="time">{time.answered_ms - time.asked_ms} ms</span>}
        </span>
        {wrong && (
          <span class="badge bad">
            {"\u25b2"} here it goes wrong
          </span>
        )}
      </button>
    </li>
  );
});
