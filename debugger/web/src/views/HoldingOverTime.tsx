import { useMemo } from "preact/hooks";
import type { RunView } from "../rules/types";
import type { Document } from "../state/document";
import { marksOf } from "../state/holding";
import { byExchange, byTime, type Edges, tick } from "../state/scale";
import { at, go, toTime } from "../state/store";
import { memo } from "./memo";
import { Cursor, Strips } from "./Strips";

const TICKS = 10;

type Props = { run: RunView } & Pick<Document, "times" | "beside" | "unavoidableAfter">;

/// Who holds what over the whole run. The cursor is the place of the slider. A step draws only the cursor anew.
export const HoldingOverTime = memo(function HoldingOverTime({ run, times, beside, unavoidableAfter }: Props) {
  const timed = times && times.length >= run.exchanges.length && run.leaves_record_at === null ? times : undefined;
  const shown = toTime.value ? timed : undefined;
  const count = run.exchanges.length;
  const edges = useMemo(() => (shown ? byTime(shown.slice(0, count)) : byExchange(count)), [shown, count]);
  const marks = useMemo(() => marksOf(run, beside, unavoidableAfter), [run, beside, unavoidableAfter]);
  return (
    <section class="panel over-time" aria-label="Holding over time">
      <div class="over-time-head">
        <h2>Holding over time</h2>
        {timed && <Scale />}
        <Key />
      </div>
      <div class="strips">
        <Strips run={run} edges={edges} marks={marks} {...(shown && { times: shown })} />
        <Axis count={count} last={shown?.[count - 1]?.answered_ms} end={edges[count] ?? 1} />
        <Here edges={edges} />
      </div>
    </section>
  );
});

function Here({ edges }: { edges: Edges }) {
  return <Cursor edges={edges} at={at.value} go={go} />;
}

function Scale() {
  return (
    <div class="views small" role="group" aria-label="Scale">
      {[
        { name: "by exchange", chosen: !toTime.value, to: false },
        { name: "by time", chosen: toTime.value, to: true },
      ].map(({ name, chosen, to }) => (
        <button key={name} type="button" aria-pressed={chosen} onClick={() => (toTime.value = to)}>
          {name}
        </button>
      ))}
    </div>
  );
}

export function Key() {
  return (
    <p class="legend" aria-hidden="true">
      <span>
        <i class="segment holds server" /> holds
      </span>
      <span>
        <i class="segment wrong" /> should not
      </span>
      <span>
        <i class="segment lacks" /> lacks it
      </span>
      <span>
        <i class="segment unknown" /> not read
      </span>
    </p>
  );
}

/// Numbers of exchanges, or seconds since the task was accepted.
function Axis({ count, last, end }: { count: number; last: number | undefined; end: number }) {
  const whole = last ?? count;
  const by = tick(Math.max(1, whole), TICKS);
  const numbers = Array.from({ length: Math.floor(whole / by) + 1 }, (_, index) => index * by);
  const place = (number: number) => (last === undefined ? (number + 0.5) / (count + 1) : (end * number) / whole);
  return (
    <div class="strip" aria-hidden="true">
      <div class="strip-name faint">{last === undefined ? "after exchange" : "seconds"}</div>
      <div class="strip-plot axis">
        {numbers.map((number) => (
          <span key={number} style={{ insetInlineStart: `${100 * place(number)}%` }}>
            {last === undefined ? number : number / 1000}
          </span>
        ))}
      </div>
    </div>
  );
}
