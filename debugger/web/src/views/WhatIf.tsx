import { useState } from "preact/hooks";
import { loadFull } from "../rules/module";
import type { Change, ExchangeView, PossibleEvent, Playable, Reply } from "../rules/types";
import { activeFork } from "../state/document";
import { addFork, onThisPage, opened, errorText } from "../state/store";
import { Dialog } from "./Dialog";
import { playable, PolicyChoice } from "./Forks";

interface Props {
  open: boolean;
  close: () => void;
  exchange: ExchangeView;
  at: number;
}

/// Asks for a change at one exchange, and forks there.
export function WhatIf({ open, close, exchange, at }: Props) {
  const [what, setWhat] = useState<string>("");
  const [reply, setReply] = useState(() => JSON.stringify(exchange.reply, null, 2));
  const [error, setError] = useState<string>();
  const [rules, setRules] = useState(rulesToContinue);
  const recorded = opened.value && activeFork(opened.value).policy.kind === "recorded";
  const events = exchange.possible_events.filter((event) => event.event);
  const faults = exchange.possible_events.filter((event) => !event.event);
  const fork = async () => {
    try {
      const change = await changeOf(exchange, what, reply);
      const text = exchange.possible_events.find((event) => event.what === what)?.text ?? "answered by hand";
      branch(change, `${at}: ${text}`, at, rules);
      close();
    } catch (error) {
      setError(errorText(error));
    }
  };
  return (
    <Dialog title={`What if, at exchange ${at}`} open={open} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void fork();
        }}
      >
        <p>The history forks here, and the rules continue from there. This course stays as it is.</p>
        {recorded && rules && <PolicyChoice label="The rules that continue" value={rules} among={playable()} choose={(policy) => policy.kind !== "recorded" && setRules(policy)} />}
        {faults.length > 0 && <PossibleEvents legend="Another answer" events={faults} chosen={what} choose={setWhat} />}
        {events.length > 0 && <PossibleEvents legend="Something happens just before" events={events} chosen={what} choose={setWhat} />}
        <fieldset>
          <legend>Or written by hand</legend>
          <label class="option">
            <input type="radio" name="what" value="reply" checked={what === "reply"} onChange={() => setWhat("reply")} />
            <span>My own answer (JSON)</span>
          </label>
          {what === "reply" && (
            <textarea class="code" rows={8} spellcheck={false} aria-label="The reply, in the contract's JSON" value={reply} onInput={(event) => setReply(event.currentTarget.value)} />
          )}
        </fieldset>
        {error && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={what === ""}>
            Fork here
          </button>
          <button type="button" onClick={close}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function PossibleEvents({ legend, events, chosen, choose }: { legend: string; events: PossibleEvent[]; chosen: string; choose: (what: string) => void }) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {events.map((event) => (
        <label class="option" key={event.what}>
          <input type="radio" name="what" value={event.what} checked={chosen === event.what} onChange={() => choose(event.what)} />
          <span>{event.text}</span>
        </label>
      ))}
    </fieldset>
  );
}

async function changeOf(exchange: ExchangeView, what: string, reply: string): Promise<Change> {
  const place = { effect: exchange.kind, nth: exchange.nth };
  if (what !== "reply") return { ...place, what };
  let value: unknown;
  try {
    value = JSON.parse(reply);
  } catch (error) {
    throw new Error(`the reply is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const rules = await loadFull();
  // The module checks the reply before a fork is made.
  rules.checkReply(exchange.effect, value as Reply);
  return { ...place, what: "", reply: value as Reply };
}

/// The rules that continue the current run: its own, or for a recorded run those that decided it, if this page
/// has them.
export function rulesToContinue(): Playable | undefined {
  const document = opened.value;
  if (!document) return undefined;
  const { policy } = activeFork(document);
  return policy.kind === "recorded" ? (onThisPage(policy) ?? { kind: "built-in", name: "standard" }) : policy;
}

export function branch(change: Change | Change[], name: string, at: number, policy: Playable | undefined): void {
  const document = opened.value;
  if (!document || !policy) return;
  addFork(name, policy, [...activeFork(document).changes, ...[change].flat()], at);
}
