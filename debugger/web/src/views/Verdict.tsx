import type { ComponentChildren } from "preact";
import { memo } from "./memo";
import type { RunView, ViolationView } from "../rules/types";
import { go, opened } from "../state/store";
import { amounts } from "../state/holdings";
import { Provenance } from "./Provenance";
import { NamedText } from "./NamedText";

/// How the run ended, and what is wrong at the end.
export const Verdict = memo(function Verdict({ run, noReasons }: { run: RunView; noReasons: string | undefined }) {
  const { end, verdict } = run;
  return (
    <section class={`verdict ${verdict.kind}`} aria-label="How it ends">
      <Provenance noReasons={noReasons} />
      <p class="end">
        {end.kind === "open" && end.name === "open" ? (
          <span class="label">Still running: this is its history so far.</span>
        ) : (
          <>
            <span class="label">Ends</span> <code>{end.name}</code> <NamedText text={end.text} />
          </>
        )}
      </p>
      <LeavesRecord run={run} />
      {run.unused.map((change) => (
        <p class="aside" key={JSON.stringify(change)}>
          The change at {change.effect} number {change.nth} was not reached.
        </p>
      ))}
      <Judged run={run} full />
    </section>
  );
});

/// Where the run leaves the record.
function LeavesRecord({ run: { leaves_record_at: at, recorded, exchanges } }: { run: RunView }) {
  if (at === null) return null;
  const count = exchanges.length;
  let text = `These rules leave the record at exchange ${at + 1}: before it everything is as recorded, and from it on the model answers. The model's answers do not count as readings.`;
  if (at === count && count < (recorded ?? 0)) text = `These rules leave the record: they end after ${count} of the ${recorded} exchanges that were recorded.`;
  else if (at === count) text = "These rules leave the record at its end: the recorded task ended differently.";
  return (
    <p class="aside">
      <span class="badge played">played</span> {text}{" "}
      <button type="button" class="link" onClick={() => go(at)}>
        Show it
      </button>
    </p>
  );
}

/// The verdict: what is wrong, what a person must look at, what is not known. It is right only if everything it needs
/// is known.
export function Judged({ run, full = false }: { run: RunView; full?: boolean }) {
  const { kind, violations, remaining, unknown } = run.verdict;
  if (kind === "open") return null;
  return (
    <ul class="violations">
      {kind === "right" && <Line badgeClass="good" badge={"\u2713 RIGHT"}>{full && <span>{rightText(run)}</span>}</Line>}
      {kind === "broken" && <Line badgeClass="bad" badge={"\u2717 BROKEN"}>the rules failed, so there is no verdict on the allocations</Line>}
      {kind === "person" && <Line badgeClass="warn" badge="! NEEDS A PERSON">this end says that a person must look: no rule can decide what is right</Line>}
      {remaining.map((one) => (
        <Line key={one.text} badgeClass="warn" badge="left as it is">
          <ViolationText run={run} violation={one} known />
        </Line>
      ))}
      {violations.map((one) => (
        <Line key={one.text} badgeClass="bad" badge={`\u25b2 ${one.kind.toUpperCase()}`}>
          <ViolationText run={run} violation={one} />
          {full && <Since violation={one} />}
        </Line>
      ))}
      {unknown.map((text) => (
        <Line key={text} badgeClass="unknown" badge="? UNKNOWN">
          <span>
            <NamedText text={text} />
          </span>
        </Line>
      ))}
    </ul>
  );
}

function Line({ badgeClass, badge, children }: { badgeClass: string; badge: string; children?: ComponentChildren }) {
  return (
    <li>
      <span class={`badge ${badgeClass}`}>{badge}</span> {children}
    </li>
  );
}

function Since({ violation: { since } }: { violation: ViolationView }) {
  if (since === null) return <span class="faint">the task ended, and nothing more was done</span>;
  return (
    <button type="button" class="link" onClick={() => go(since + 1)}>
      since exchange {since + 1}
    </button>
  );
}

/// What the verdict "right" is based on.
function rightText({ verdict, recorded, leaves_record_at: left, exchanges }: RunView): string {
  const what = verdict.under_way ? "so far: the migration goes on after this task" : "each consumer holds what it should";
  if (recorded === null) return `${what}, ${opened.value?.source.kind === "pasted" ? "by what was pasted and the model" : "on the model, which has all of it"}`;
  return `${what}, ${left === null || left === exchanges.length ? "by what was read and written" : `by what was read up to exchange ${left}, and by the model after it`}`;
}

/// What is wrong, in a sentence; `known` if the end itself text that a person must look.
export function ViolationText({ run, violation, known = false }: { run: RunView; violation: ViolationView; known?: boolean }) {
  const who = <NamedText text={violation.consumer} />;
  const what = (
    <>
      <strong>{amounts(violation.resources)}</strong> of <NamedText text={violation.provider} />
    </>
  );
  if (violation.kind === "loss")
    return (
      <span>
        {who} {known ? "does not hold" : "runs without"} its {what}
      </span>
    );
  return (
    <span>
      {who}
      {deleted(run, violation.consumer) && ", which is deleted,"} holds {what}
      {!known && ", and should not"}
    </span>
  );
}

function deleted(run: RunView, consumer: string): boolean {
  return run.snapshots.at(-1)?.consumers.some(({ id, alive, existence }) => id === consumer && !alive && existence === "known") ?? false;
}
