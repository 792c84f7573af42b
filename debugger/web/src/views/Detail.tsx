import { useState } from "preact/hooks";
import type { RunView, ExchangeView, StepView } from "../rules/types";
import { view } from "../state/store";
import { lazy, lazyDialog } from "./lazy";
import { NamedText } from "./NamedText";

const RuleSources = lazy(async () => (await import("./RuleSources")).RuleSources);
const WhatIf = lazyDialog(async () => (await import("./WhatIf")).WhatIf);

/// The rules' reasons for the request, the full reply, and other possible replies.
export function Detail({ run, at }: { run: RunView; at: number }) {
  const exchange = run.exchanges[at - 1];
  const [changing, setChanging] = useState(false);
  // The dialog belongs to one exchange, so another exchange resets it.
  const [changed, setChanged] = useState<ExchangeView>();
  const step = exchange ? run.steps[exchange.step] : undefined;
  const next = nextStep(run, at);
  return (
    <section class="panel detail" aria-label="Why">
      {exchange && (
        <>
          <h2>
            Exchange {at} <span class="faint">{exchange.kind}</span>
          </h2>
          <p class="line">
            <NamedText text={exchange.effect_text} />
          </p>
          <p class={`line answered ${exchange.reply_class}`}>
            {"\u2192"} <NamedText text={exchange.reply_text} />
          </p>
          <h3>Why it was asked</h3>
          {step ? <Reasons of={reasoned(run, step)} /> : <p class="faint">The reason is not known: no rules on this page made this request.</p>}
          <div class="buttons">
            {exchange.possible_events.length > 0 && (
              <button type="button" class="primary" onClick={() => (setChanged(exchange), setChanging(true))}>
                What if...
              </button>
            )}
            <button type="button" onClick={() => (view.value = "explore")}>
              Explore from here
            </button>
          </div>
          <Raw name="Effect, as the contract has it" value={exchange.effect} />
          <Raw name="Reply" value={exchange.reply} />
          {changed === exchange && <WhatIf open={changing} close={() => setChanging(false)} exchange={exchange} at={at} />}
        </>
      )}
      {!exchange && (
        <>
          <h2>The task</h2>
          <p>Before the first request. Use the arrow keys, or choose an exchange.</p>
          <Raw name="Task, as the contract has it" value={run.task} open />
        </>
      )}
      {next && (
        <>
          <h3>{next.step.kind === "perform" ? "And then the rules say" : "The task ends here"}</h3>
          {next.step.kind === "perform" || next.reasons.length > 0 ? <Reasons of={next} /> : <p><NamedText text={run.end.text} /></p>}
        </>
      )}
    </section>
  );
}

function Reasons({ of }: { of: StepView | undefined }) {
  const [open, setOpen] = useState(false);
  if (!of || of.reasons.length === 0) return <p class="faint">The rule continues with its previous step.</p>;
  return (
    <>
      <ul class="reasons">
        {of.reasons.map((reason) => (
          <li key={reason.rule + reason.text}>
            <code>{reason.rule}</code>
            {!reason.text.startsWith(reason.rule) && (
              <span>
                <NamedText text={reason.text} />
              </span>
            )}
          </li>
        ))}
      </ul>
      <details class="raw" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Source of the rule</summary>
        {open && <RuleSources codes={of.step.reasons.map(({ code }) => code)} />}
      </details>
    </>
  );
}

/// A step without reasons continues the step before it.
function reasoned(run: RunView, step: StepView): StepView | undefined {
  return run.steps.slice(0, run.steps.indexOf(step) + 1).findLast((one) => one.reasons.length > 0);
}

/// The step that follows once all effects of this exchange's step have been answered.
function nextStep(run: RunView, at: number): StepView | undefined {
  return run.steps.find((step) => step.at === at && (step.count > 0 || at === run.exchanges.length));
}

/// Written out only while it is open, since a step from the keyboard must not wait for what is not seen.
export function Raw({ name, value, open = false }: { name: string; value: unknown; open?: boolean }) {
  const [isOpen, setOpen] = useState(open);
  return (
    <details class="raw" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{name}</summary>
      {isOpen && (
        <pre tabIndex={0} aria-label={name}>
          {JSON.stringify(value, null, 2)}
        </pre>
      )}
    </details>
  );
}
