import { useEffect, useRef, useState } from "preact/hooks";
import { access, newKey, send, whyNot } from "../acting";
import { loadFull } from "../rules/module";
import type { Reply } from "../rules/types";
import type { Act as Change, Command, Question } from "../state/commands";
import { lookNow } from "../state/follow";
import { type Outcome, rehearse, rehearseReply, type Rehearsal } from "../state/rehearsal";
import { openTask } from "../state/sources";
import { errorText } from "../state/store";
import { Dialog } from "./Dialog";
import { Outcomes } from "./Outcomes";
import { Raw } from "./Detail";
import "../styles/act.css";

interface Props {
  open: boolean;
  close: () => void;
  command: Command | undefined;
}

/// A change at the service: what it would lead to, the confirmation, and then the change.
export function Act({ open, close, command }: Props) {
  const act = command?.act;
  return (
    <Dialog title={command?.title ?? ""} open={open && act !== undefined} close={close}>
      {command && act && <Form key={command.title} command={command} act={act} close={close} />}
    </Dialog>
  );
}

function Form({ command: { title, text }, act, close }: { command: Command; act: Change; close: () => void }) {
  const { rehearsal, problem } = useRehearsal(act);
  const [chosen, choose] = useState<Outcome>();
  const [name, setName] = useState("");
  const [error, setError] = useState<string>();
  const [sending, setSending] = useState(false);
  const key = useRef(newKey());
  const refused = whyNot();
  const isReply = act.does.kind === "reply";
  const outcome = isReply ? (chosen ?? rehearsal?.outcomes[0]) : undefined;
  const body = outcome?.reply && act.does.kind === "reply" ? { index: act.does.question.index, reply: outcome.reply } : act.body;
  const isRehearsed = problem !== undefined || (rehearsal !== undefined && (!isReply || outcome !== undefined));
  const submit = async () => {
    setSending(true);
    setError(undefined);
    try {
      await done(act, await send(act.method ?? "POST", act.path, body, key.current));
      close();
    } catch (error) {
      setError(errorText(error));
      setSending(false);
    }
  };
  const pick = (one: Outcome | undefined) => {
    choose(one);
    // Another answer is another request, which is confirmed anew.
    setName("");
    key.current = newKey();
  };
  return (
    <form
      class="act"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>{isReply ? "Answer with what is true: the task goes on from it as from nova's own answer." : text}</p>
      <Rehearsed act={act} rehearsal={rehearsal} problem={problem} chosen={outcome} choose={pick} close={close} />
      <Raw name={`What is sent: ${act.method ?? "POST"} ${act.path}`} value={body ?? null} />
      <Confirm server={act.server} name={name} setName={setName} refused={refused} isSending={sending} />
      {error !== undefined && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled={!isNamed(act.server, name) || !isRehearsed || sending || refused !== undefined} aria-describedby={refused === undefined ? undefined : "refused"}>
          {sending ? "Sending..." : `Send: ${title.toLowerCase()}`}
        </button>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/// The least part of a UUID that names a server: its first group.
const SHORTEST = 8;

function isNamed(server: string, name: string): boolean {
  const given = name.trim().toLowerCase();
  return given.length >= SHORTEST && server.startsWith(given);
}

interface ConfirmProps {
  server: string;
  name: string;
  setName: (name: string) => void;
  refused: string | undefined;
  isSending: boolean;
}

/// Who sends a change names its server. The field has the focus at first, also before the service has said what this page may do,
/// so that a UUID that was copied from a ticket needs only to be pasted.
function Confirm({ server, name, setName, refused, isSending }: ConfirmProps) {
  const mayNot = access.value !== undefined && refused !== undefined;
  const isOther = name.trim().length >= SHORTEST && !isNamed(server, name);
  return (
    <>
      <label class="confirm">
        <span>
          Change server <code class="uuid">{server}</code> at this service, for real: name it by the first {SHORTEST} characters of its UUID, or more
        </span>
        <input
          type="text"
          class="code"
          data-autofocus={!mayNot || undefined}
          autocomplete="off"
          spellcheck={false}
          value={name}
          disabled={mayNot || isSending}
          aria-invalid={isOther}
          aria-describedby={isOther ? "another" : undefined}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      {isOther && (
        <p class="error" id="another" role="alert">
          This names another server.
        </p>
      )}
      {refused !== undefined && (
        <p class="aside" id="refused">
          It cannot be sent from this page: {refused}.
        </p>
      )}
    </>
  );
}

/// Shows what has come of it.
async function done({ does }: Change, answer: unknown): Promise<void> {
  if (does.kind === "task") await openTask((answer as { id: string }).id);
  else await lookNow();
}

function useRehearsal({ does }: Change) {
  const [state, setState] = useState<{ rehearsal?: Rehearsal; problem?: string }>({});
  useEffect(() => {
    let isShown = true;
    if (does.kind !== "none")
      void rehearse(does).then(
        (rehearsal) => isShown && setState({ rehearsal }),
        (error: unknown) => isShown && setState({ problem: errorText(error) }),
      );
    return () => void (isShown = false);
  }, []);
  return does.kind === "none" ? { rehearsal: NOTHING, problem: undefined } : { rehearsal: state.rehearsal, problem: state.problem };
}

const NOTHING: Rehearsal = { rules: "", basis: "", outcomes: [] };

interface RehearsedProps {
  act: Change;
  rehearsal: Rehearsal | undefined;
  problem: string | undefined;
  chosen: Outcome | undefined;
  choose: (outcome: Outcome | undefined) => void;
  close: () => void;
}

function Rehearsed({ act: { does }, rehearsal, problem, chosen, choose, close }: RehearsedProps) {
  if (does.kind === "none") return <p>Nothing changes but {does.what}.</p>;
  if (problem !== undefined) return <p class="aside">It could not be rehearsed: {problem}. The service decides by its own rules.</p>;
  if (!rehearsal) return <p role="status">It is rehearsed on this page...</p>;
  return (
    <section aria-label="Rehearsal">
      <h3>Rehearsed on this page, nothing is sent</h3>
      <p class="faint">
        Under {rehearsal.rules}, from {rehearsal.basis}.
      </p>
      <Outcomes outcomes={rehearsal.outcomes} {...(does.kind === "reply" && { choose, chosen })} close={close} />
      {does.kind === "reply" && <ByHand question={does.question} choose={choose} close={close} />}
    </section>
  );
}

/// A reply as text. It can be sent once it has been rehearsed.
function ByHand({ question, choose, close }: { question: Question; choose: (outcome: Outcome | undefined) => void; close: () => void }) {
  const [text, setText] = useState(() => JSON.stringify(question.reply, null, 2));
  const [outcome, setOutcome] = useState<Outcome>();
  const [error, setError] = useState<string>();
  const play = async () => {
    setError(undefined);
    try {
      const reply = JSON.parse(text) as Reply;
      (await loadFull()).checkReply(question.effect, reply);
      const played = { ...(await rehearseReply(question, reply)), when: "the answer below" };
      setOutcome(played);
      choose(played);
    } catch (error) {
      setError(errorText(error));
    }
  };
  return (
    <details
      onToggle={(event) => {
        if (event.currentTarget.open) return;
        setOutcome(undefined);
        choose(undefined);
      }}
    >
      <summary>My own answer (JSON)</summary>
      <textarea
        class="code"
        rows={6}
        spellcheck={false}
        aria-label="The reply, in the contract's JSON"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          // What is sent is what was rehearsed.
          setOutcome(undefined);
          choose(undefined);
        }}
      />
      {error !== undefined && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={() => void play()}>
          Rehearse it
        </button>
      </div>
      {outcome && <Outcomes outcomes={[outcome]} chosen={outcome} choose={choose} close={close} />}
    </details>
  );
}
