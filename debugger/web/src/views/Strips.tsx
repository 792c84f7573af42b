import type { ComponentChildren } from "preact";
import { memo } from "./memo";
import { useMemo, useRef } from "preact/hooks";
import type { ExchangeView, RecordFile, RunView } from "../rules/types";
import { type Mark, type Segment, type Strip, stripsOf } from "../state/holding";
import { type Edges, placeAt } from "../state/scale";
import { NamedText } from "./NamedText";

const SIGNS: Record<Mark["kind"], string> = { event: "\u26a1", beside: "*", harm: "\u25b2", turning: "\u21af", played: "\u25b7" };
const STATES: Record<Segment["state"], string> = { nothing: "", holds: "", wrong: ", and should not", lacks: "", person: ", a person must look", unknown: "" };
/// More requests than this are not drawn one by one.
const MOST_REQUESTS = 1_000;

interface Props {
  run: RunView;
  edges: Edges;
  marks: Mark[];
  /// In milliseconds, if the scale is time: then a request has a length.
  times?: RecordFile["times"];
}

/// Who held what over a run: a strip for each consumer and provider, with the requests and what happened above them.
export const Strips = memo(function Strips({ run, edges, marks, times }: Props) {
  const strips = useMemo(() => stripsOf(run), [run]);
  return (
    <>
      {marks.length > 0 && (
        <Line name={<span class="faint">what happened</span>}>
          {marks.map(({ at, kind, text }) => (
            <span key={kind + at + text} class={`strip-mark ${kind}`} style={{ insetInlineStart: percent(edges[at + 1] ?? 1) }} title={text}>
              {SIGNS[kind]}
              <span class="visually-hidden"> {text}</span>
            </span>
          ))}
        </Line>
      )}
      {["placement", "conductor"].map((receiver) => (
        <Requests key={receiver} receiver={receiver} run={run} edges={edges} times={times} />
      ))}
      {strips.map((strip) => (
        <StripLine key={`${strip.consumer} ${strip.provider}`} strip={strip} edges={edges} />
      ))}
    </>
  );
});

function Line({ name, label, children }: { name: ComponentChildren; label?: string; children: ComponentChildren }) {
  return (
    <div class="strip">
      <div class="strip-name">{name}</div>
      <div class="strip-plot" role={label === undefined ? undefined : "img"} aria-label={label}>
        {children}
      </div>
    </div>
  );
}

function StripLine({ strip: { consumer, role, provider, segments }, edges }: { strip: Strip; edges: Edges }) {
  const name = (
    <>
      <i class={`dot ${role}`} aria-hidden="true" />
      <NamedText text={consumer} />
      {provider !== undefined && (
        <span class="faint">
          {" "}
          of <NamedText text={provider} />
        </span>
      )}
    </>
  );
  return (
    <Line name={name} label={segments.map(sentence).join("; ")}>
      {segments
        .filter(({ state }) => state !== "nothing")
        .map(({ from, to, state, text }) => (
          <span key={from} class={`segment ${state} ${role}`} style={between(edges, from, to)} title={`${text}${STATES[state]}`}>
            {text}
          </span>
        ))}
    </Line>
  );
}

function sentence({ from, to, state, text }: Segment): string {
  return `${from === 0 ? "from the beginning" : `from exchange ${from}`} to ${to - 1}: ${text}${STATES[state]}`;
}

const NAMES = { placement: "to Placement", conductor: "to nova" } as Record<string, string>;
const ANSWERS = { answer: "answered", refusal: "refused", missing: "no answer" } as Record<string, string>;

/// The requests to one receiver, each from when it was asked to when it was answered.
function Requests({ receiver, run, edges, times }: { receiver: string; run: RunView; edges: Edges; times: RecordFile["times"] }) {
  const all = run.exchanges.flatMap((exchange, at) => (exchange.receiver === receiver ? [{ exchange, at }] : []));
  if (all.length === 0 || all.length > MOST_REQUESTS) return null;
  const count = (kind: string) => all.filter(({ exchange }) => exchange.reply_class === kind).length;
  const label = `${all.length} requests: ${count("answer")} answered, ${count("refusal")} refused, ${count("missing")} without an answer`;
  return (
    <Line name={<span class="faint">{NAMES[receiver]}</span>} label={label}>
      {all.map(({ exchange, at }) => (
        <span key={at} class={`request ${exchange.reply_class}`} style={span(edges, at, times?.[at], times)} title={title(exchange, at)}>
          {exchange.reply_class === "refusal" ? "\u2717" : exchange.reply_class === "missing" ? "?" : ""}
        </span>
      ))}
    </Line>
  );
}

function title({ kind, reply_class }: ExchangeView, at: number): string {
  return `${at + 1}: ${kind}, ${ANSWERS[reply_class]}`;
}

/// By exchange it fills its place; by time it begins when it was asked.
function span(edges: Edges, at: number, time: { asked_ms: number; answered_ms: number } | undefined, times: RecordFile["times"]) {
  const end = edges[at + 1] ?? 1;
  const last = times?.at(-1)?.answered_ms;
  const scale = last ? (edges[edges.length - 2] ?? 1) / last : 0;
  const from = time ? Math.min(end, time.asked_ms * scale) : (edges[at] ?? 0);
  return { insetInlineStart: percent(from), inlineSize: percent(end - from) };
}

function between(edges: Edges, from: number, to: number) {
  const [begin, end] = [edges[from] ?? 0, edges[to] ?? 1];
  return { insetInlineStart: percent(begin), inlineSize: percent(end - begin) };
}

function percent(part: number): string {
  return `${(100 * part).toFixed(3)}%`;
}

/// The place in the run, over all strips; a click or a drag goes to another one.
export function Cursor({ edges, at, go }: { edges: Edges; at: number; go: (to: number, continued: boolean) => void }) {
  const hasMoved = useRef(false);
  const to = ({ currentTarget, clientX }: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const place = placeAt(edges, (clientX - left) / width);
    if (place === at) return;
    go(place, hasMoved.current);
    hasMoved.current = true;
  };
  return (
    <div
      class="strip-cursor"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        hasMoved.current = false;
        to(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && to(event)}
    >
      <i style={between(edges, at, at + 1)} />
    </div>
  );
}
