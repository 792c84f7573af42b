import { useMemo, useRef } from "preact/hooks";
import { namesOf } from "../state/names";
import { at, run, current, go, opened } from "../state/store";
import { openTaskId } from "../state/address";
import { Detail } from "./Detail";
import { Icon } from "./Icon";
import { HoldingOverTime } from "./HoldingOverTime";
import { lazy } from "./lazy";
import { Timeline } from "./Timeline";
import { Verdict } from "./Verdict";
import { NamesContext } from "./NamedText";
import { Holdings } from "./Holdings";
import type { RunView } from "../rules/types";

const LiveTask = lazy(async () => (await import("./LiveTask")).LiveTask);

/// One run, exchange by exchange.
export function Stepper() {
  return (
    <>
      {openTaskId() !== undefined && <LiveTask />}
      <Run />
    </>
  );
}

function Run() {
  const played = current.value;
  if (played?.state === "failed") return <Failed why={played.why} />;
  if (!run.value) return <Playing />;
  return <RunPanels run={run.value} noReasons={played?.state === "played" ? played.noReasons : undefined} />;
}

function RunPanels({ run, noReasons }: { run: RunView; noReasons: string | undefined }) {
  const names = useMemo(() => namesOf(run), [run]);
  const { times, beside, unavoidableAfter } = opened.value ?? {};
  return (
    <NamesContext.Provider value={names}>
      <Verdict run={run} noReasons={noReasons} />
      <HoldingOverTime run={run} times={times} beside={beside} unavoidableAfter={unavoidableAfter} />
      <div class="stepper">
        <section class="panel timeline-panel" aria-label="Exchanges">
          <Timeline run={run} at={at.value} go={go} times={times} beside={beside} unavoidableAfter={unavoidableAfter} />
        </section>
        <div class="side">
          <Holdings run={run} at={at.value} />
          <Detail run={run} at={at.value} />
        </div>
      </div>
      <Scrubber run={run} />
    </NamesContext.Provider>
  );
}

function Scrubber({ run }: { run: RunView }) {
  const last = run.exchanges.length;
  const here = at.value;
  // While the slider is held, only its first place is one to go back to.
  const sliding = useRef(false);
  const marked = useMemo(() => marks(run), [run]);
  return (
    <div class="scrubber" role="group" aria-label="Where in the history">
      <button type="button" aria-label="To the beginning" disabled={here === 0} onClick={() => go(0)}>
        <Icon name="first" />
      </button>
      <button type="button" aria-label="Back" disabled={here === 0} onClick={() => go(here - 1)}>
        <Icon name="back" />
      </button>
      <div class="track">
        <input
          type="range"
          min={0}
          max={last}
          value={here}
          aria-label="Exchange"
          aria-valuetext={`${here} of ${last}`}
          onInput={(event) => {
            go(Number(event.currentTarget.value), sliding.current);
            sliding.current = true;
          }}
          onChange={() => (sliding.current = false)}
        />
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

function marks(run: RunView) {
  const happened = run.exchanges.flatMap((exchange, index) => (exchange.happened.length > 0 ? [{ index: index + 1, kind: "event" }] : []));
  const violations = run.verdict.violations.map(({ since }) => ({ index: since === null ? run.exchanges.length : since + 1, kind: "violation" }));
  return [...happened, ...violations.slice(0, 1)];
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
