import { memo } from "./memo";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { RunView, ExchangeView, RecordFile } from "../rules/types";
import { Arrows, LANES } from "./Arrows";
import { NamedText } from "./NamedText";

const WHO: Record<string, string> = { placement: "Placement", conductor: "nova", host: "Swaparoo" };
const SIGNS = { answer: "\u2713", refusal: "\u2717", missing: "?" } as const;
const TITLES = { answer: "answered", refusal: "refused", missing: "no answer" } as const;

/// A list of up to WHOLE rows is drawn whole. Of a longer one only the rows around the current exchange are drawn, three times
/// PART: each row costs layout at every step, and a step must not take longer than a frame.
const WHOLE = 200;
const PART = 12;

interface Props {
  run: RunView;
  at: number;
  go: (to: number) => void;
  times: RecordFile["times"];
  beside: RecordFile["beside"];
  unavoidableAfter: number | undefined;
}

/// The exchanges as a sequence diagram, from the top down: who sends a request to whom, and what comes back.
export function Timeline({ run, at, go, times, beside, unavoidableAfter }: Props) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const { violations } = run.verdict;
  const violatedSince = useMemo(() => new Set(violations.map(({ since }) => since)), [violations]);
  const count = run.exchanges.length;
  const [first, end] = part(at, count);
  const leavesAt = run.leaves_record_at;
  const unavoidable = leavesAt === null ? unavoidableAfter : undefined;
  const others = useMemo(() => byPlace(beside ?? [], leavesAt ?? count), [beside, leavesAt, count]);
  return (
    <>
      <div class="lanes-head" aria-hidden="true">
        {LANES.map(({ name }) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <ol class={count <= WHOLE ? "timeline whole" : "timeline"} ref={list}>
        <li class={at === 0 ? "row here" : "row"} aria-current={at === 0 ? "step" : undefined}>
          <button type="button" onClick={() => go(0)}>
            <span class="number">0</span>
            <span class="begin">Before the first request</span>
          </button>
        </li>
        <More count={first} where="before" go={() => go(first)} />
        {run.exchanges.slice(first, end).map((exchange, place) => {
          const index = first + place;
          return (
            <Row
              key={index}
              exchange={exchange}
              index={index}
              here={at === index + 1}
              go={go}
              first={run.exchanges[index - 1]?.step !== exchange.step}
              violation={violatedSince.has(index)}
              leaves={leavesAt === index}
              played={leavesAt !== null && index >= leavesAt}
              time={times?.[index]}
              others={others.get(index)}
              unavoidable={unavoidable === index}
              together={run.steps[exchange.step]?.count ?? 1}
            />
          );
        })}
        <More count={count - end} where="after" go={() => go(end + 1)} />
        <li class={`row last ${run.end.kind}${leavesAt === null ? "" : " played"}`}>
          {others.get(count)?.map(meanwhile)}
          {unavoidable === count && <Unavoidable />}
          {leavesAt === count && <p class="leaves">not as recorded from here on</p>}
          <span class="number" aria-hidden="true">
            {"\u25a0"}
          </span>
          <span class="begin">
            {run.end.name === "open" ? "Still running" : <code>{run.end.name}</code>} {violations.length > 0 && violations.every(({ since }) => since === null) && <span class="badge bad">{"\u25b2"} and it stays wrong</span>}
          </span>
        </li>
      </ol>
    </>
  );
}

function Unavoidable() {
  return <p class="happened">from here on every way without another fault ends wrong</p>;
}

type Beside = NonNullable<RecordFile["beside"]>;

/// What others did, by the number of exchanges before it; without what was recorded after the run leaves the record.
function byPlace(beside: Beside, last: number): Map<number, Beside> {
  const places = new Map<number, Beside>();
  for (const one of beside.filter(({ after }) => after <= last)) places.set(one.after, [...(places.get(one.after) ?? []), one]);
  return places;
}

function meanwhile({ actor, what }: Beside[number], index: number) {
  return (
    <p class="meanwhile" key={index}>
      <span aria-hidden="true">*</span> meanwhile, <NamedText text={`${actor}: ${what}`} />
    </p>
  );
}

/// The range of rows to draw; the end is excluded.
function part(at: number, count: number): [number, number] {
  if (count <= WHOLE) return [0, count];
  const first = Math.max(0, Math.floor((at - 1) / PART) * PART - PART);
  return [first, Math.min(count, first + 3 * PART)];
}

function More({ count, where, go }: { count: number; where: string; go: () => void }) {
  if (count <= 0) return null;
  return (
    <li class="row">
      <button type="button" onClick={go}>
        <span class="begin">
          {count.toLocaleString("en")} exchanges {where} these: show
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
  violation: boolean;
  leaves: boolean;
  played: boolean;
  time: { asked_ms: number; answered_ms: number } | undefined;
  others: Beside | undefined;
  unavoidable: boolean;
  /// How many requests its step has.
  together: number;
}

/// Memoised, since a step changes only two of hundreds of rows.
const Row = memo(function Row({ exchange, index, here, go, first, violation, leaves, played, time, others, unavoidable, together }: RowProps) {
  const { receiver, reply_class, happened } = exchange;
  return (
    <li class={`row${here ? " here" : ""}${first ? " first" : ""}${violation ? " violation" : ""}${played ? " played" : ""}`} aria-current={here ? "step" : undefined}>
      {others?.map(meanwhile)}
      {unavoidable && <Unavoidable />}
      {leaves && <p class="leaves">played from here on: the model answers, and not the record</p>}
      {happened.map((text) => (
        <p class="happened" key={text}>
          <span aria-hidden="true">{"\u26a1"}</span> {text}
        </p>
      ))}
      <button type="button" onClick={() => go(index + 1)}>
        <span class="number">{index + 1}</span>
        <span class={together > 1 ? "arrow together" : "arrow"}>
          <Arrows receiver={receiver} answer={reply_class} isFirst={first} />
        </span>
        <span class="asked">
          <span class="who">{WHO[receiver]}</span> <NamedText text={exchange.effect_text} />
          {first && together > 1 && <span class="tag">{together} at once</span>}
        </span>
        <span class={`answered ${reply_class}`}>
          <span class="sign" title={TITLES[reply_class as keyof typeof TITLES]}>
            {SIGNS[reply_class as keyof typeof SIGNS]}
          </span>{" "}
          <NamedText text={exchange.reply_text} />
          {time && <span class="time">{time.answered_ms - time.asked_ms} ms</span>}
        </span>
        {violation && (
          <span class="badge bad">
            {"\u25b2"} here it goes wrong
          </span>
        )}
      </button>
    </li>
  );
});
