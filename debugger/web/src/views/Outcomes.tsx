import { holdsOf } from "../state/holdings";
import { namesOf } from "../state/names";
import { type Outcome, writes } from "../state/rehearsal";
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
            <End outcome={outcome} />
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

/// Where nothing is written, what was wrong before stays, and is not what the change does.
function End({ outcome }: { outcome: Outcome }) {
  const { run } = outcome;
  const { end } = run;
  return (
    <>
      <p>
        {end.kind === "open" ? "It still runs then." : "Ends"} <code>{end.name}</code> <NamedText text={end.text} />
      </p>
      {(writes(outcome) > 0 || end.needs_person) && <Judged run={run} />}
    </>
  );
}

/// Those that hold something else than before, and what they hold then.
function Holders({ outcome: { run, from } }: { outcome: Outcome }) {
  const [before, after] = [run.snapshots[from], run.snapshots.at(-1)];
  const held = (id: string) => JSON.stringify(before?.consumers.find((one) => one.id === id)?.holds ?? {});
  const moved = after?.consumers.filter(({ id, holds }) => JSON.stringify(holds) !== held(id)) ?? [];
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

function Requests({ outcome, close }: { outcome: Outcome; close: () => void }) {
  const { run, from, document } = outcome;
  const later = run.exchanges.slice(from);
  const look = () => {
    close();
    openDocument(document);
  };
  return (
    <details>
      <summary>
        {count(later.length, "request")}, {count(writes(outcome), "write")}
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

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
