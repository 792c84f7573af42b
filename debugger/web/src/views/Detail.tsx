import { useState } from "preact/hooks";
import type { Course, ExchangeView, ReasonView, StepView } from "../rules/types";
import { view } from "../state/store";
import { WhatIf } from "./WhatIf";
import { Words } from "./Words";

/// The rules' reasons for the request, the full reply, and other possible replies.
export function Detail({ course, at }: { course: Course; at: number }) {
  const exchange = course.exchanges[at - 1];
  const [changing, setChanging] = useState(false);
  // The dialog belongs to one exchange, so another exchange resets it.
  const [asked, setAsked] = useState<ExchangeView>();
  const step = exchange ? course.steps[exchange.step] : undefined;
  const next = nextStep(course, at);
  return (
    <section class="panel detail" aria-label="Why">
      {exchange && (
        <>
          <h2>
            Exchange {at} <span class="faint">{exchange.kind}</span>
          </h2>
          <p class="line">
            <Words text={exchange.asked} />
          </p>
          <p class={`line answered ${exchange.mood}`}>
            {"\u2192"} <Words text={exchange.answered} />
          </p>
          <h3>Why it was asked</h3>
          {step ? <Reasons reasons={reasonsOf(course, step)} /> : <p class="faint">The reason is not known: no rules on this page made this request.</p>}
          <div class="buttons">
            {exchange.offers.length > 0 && (
              <button type="button" class="primary" onClick={() => (setAsked(exchange), setChanging(true))}>
                What if...
              </button>
            )}
            <button type="button" onClick={() => (view.value = "explore")}>
              Explore from here
            </button>
          </div>
          <Raw name="Effect, as the contract has it" value={exchange.effect} />
          <Raw name="Reply" value={exchange.reply} />
          {asked === exchange && <WhatIf open={changing} close={() => setChanging(false)} exchange={exchange} at={at} />}
        </>
      )}
      {!exchange && (
        <>
          <h2>The task</h2>
          <p>Nothing has happened yet. Use the arrow keys, or choose an exchange.</p>
          <Raw name="Task, as the contract has it" value={course.task} open />
        </>
      )}
      {next && (
        <>
          <h3>{next.step.kind === "perform" ? "And then the rules say" : "And then the rules end it"}</h3>
          <Reasons reasons={next.reasons} />
        </>
      )}
    </section>
  );
}

function Reasons({ reasons }: { reasons: ReasonView[] }) {
  if (reasons.length === 0) return <p class="faint">The rule continues with its previous step.</p>;
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={reason.rule + reason.words}>
          <code>{reason.rule}</code>
          {!reason.words.startsWith(reason.rule) && (
            <span>
              <Words text={reason.words} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/// A step without reasons continues the step before it.
function reasonsOf(course: Course, step: StepView): ReasonView[] {
  const before = course.steps.slice(0, course.steps.indexOf(step) + 1).reverse();
  return before.find((one) => one.reasons.length > 0)?.reasons ?? [];
}

/// The step that follows once all effects of this exchange's step have been answered.
function nextStep(course: Course, at: number): StepView | undefined {
  return course.steps.find((step) => step.at === at && (step.count > 0 || at === course.exchanges.length));
}

export function Raw({ name, value, open }: { name: string; value: unknown; open?: boolean }) {
  return (
    <details class="raw" open={open}>
      <summary>{name}</summary>
      <pre tabIndex={0} aria-label={name}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}
