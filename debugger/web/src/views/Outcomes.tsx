import type { ExchangeView, RunView } from "../rules/types";
import { changed, holdsOf } from "../state/holdings";
import { namesOf } from "../state/names";
import type { Outcome } from "../state/rehearsal";
import { openDocument } from "../state/store";
import { NamedText, NamesContext } from "./NamedText";
import { Judged } from "./Verdict";

interface Props {
  outcomes: Outcome[];
  /// For replies, of which one is chosen.
  choose?: (outcome: Outcome) => void;
  chosen?: Outcome | undefined;
  close: () => void;
}

/// What a change leads to in each case: how it ends, and who then holds what.
export function Outcomes({ outcomes, choose, chosen, close }: Props) {
  return (
    <ul class="outcomes">
      {outcomes.map((outcome, index) => (
        <li key={`${index} ${outcome.when}`}>
          <NamesContext.Provider value={namesOf(outcome.run)}>
            <When outcome={outcome} choose={choose} isChosen={outcome === chosen} />
            <End run={outcome.run} />
            <Holders outcome={outcome} />
            <Requests outcome={outcome} close={close} />
          </NamesContext.Provider>
        </li>
      ))}
    </ul>
  );
}

function When({ outcome, choose, isChosen }: { outcome: Outcome; choose: Props["choose"]; isChosen: boolean }) {
  const { when } = outcome;
  if (choose)
    return (
      <label class="option">
        <input type="radio" name="answer" checked={isChosen} onChange={() => choose(outcome)} />
        <strong>
          <NamedText text={when} />
        </strong>
      </label>
    );
  return when === "" ? null : (
    <p>
      If <strong>{when}</strong>:
    </p>
  );
}

function End({ run }: { run: RunView }) {
  const { end } = run;
  return (
    <>
      <p>
        {end.kind === "open" ? "It still runs then." : "Ends"} <code>{end.name}</code> <NamedText text={end.text} />
      </p>
      <Judged run={run} />
    </>
  );
}

/// Those that hold something else than before, and what they hold then.
function Holders({ outcome: { run, from } }: { outcome: Outcome }) {
  const [before, after] = [run.snapshots[from], run.snapshots.at(-1)];
  const moved = after?.consumers.filter((consumer) => changed(consumer, before)) ?? [];
  if (moved.length === 0) return <p class="faint">No allocation changes.</p>;
  return (
    <ul class="entries">
      {moved.map((consumer) => (
        <li key={consumer.id}>
          <NamedText text={consumer.id} /> then holds{" "}
          {holdsOf(consumer).map(({ provider, text }) => (
            <span key={provider}>
              <strong>{text}</strong> of <NamedText text={provider} />{" "}
            </span>
          ))}
          {holdsOf(consumer).length === 0 && <strong>nothing</strong>}
        </li>
      ))}
    </ul>
  );
}

function Requests({ outcome: { run, from, document }, close }: { outcome: Outcome; close: () => void }) {
  const later = run.exchanges.slice(from);
  const look = () => {
    close();
    openDocument(document);
  };
  return (
    <details>
      <summary>
        {later.length} requests, {later.filter(isWrite).length} of them writes
      </summary>
      <ol class="requests">
        {later.map(({ effect_text, reply_text, reply_class }, index) => (
          <li key={index}>
            <NamedText text={effect_text} />{" "}
            <span class={`answered ${reply_class}`}>
              {"\u2192"} <NamedText text={reply_text} />
            </span>
          </li>
        ))}
      </ol>
      <button type="button" class="link" onClick={look}>
        Step through it
      </button>
    </details>
  );
}

function isWrite({ kind }: ExchangeView): boolean {
  return ["post-allocations", "put-allocations", "delete-allocations"].includes(kind);
}
