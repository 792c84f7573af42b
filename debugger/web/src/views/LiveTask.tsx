import { useEffect, useMemo, useState } from "preact/hooks";
import { age, clock } from "../audits";
import * as rules from "../rules/module";
import type { RunView } from "../rules/types";
import type { TaskDetails } from "../service";
import { openTaskId } from "../state/address";
import { type Command, commandsFor, consumersOf } from "../state/commands";
import { lost } from "../state/follow";
import { detailsOf, openTask } from "../state/sources";
import { opened, run } from "../state/store";
import { tryTo } from "./App";
import { lazyDialog } from "./lazy";
import { NowHeld } from "./NowHeld";
import "../styles/live.css";

const Act = lazyDialog(async () => (await import("./Act")).Act);

/// A task of the service: what it waits for and until when, and what can be done with it.
export function LiveTask() {
  const source = opened.value?.source;
  const details = source && detailsOf(source);
  const id = openTaskId();
  const next = useNext(details);
  const migration = migrationOf(run.value);
  if (!details || id === undefined) return null;
  return (
    <section class="panel live" aria-label="At the service">
      <dl>
        <dt>Task</dt>
        <dd>
          <code class="uuid">{id}</code> <span class={`tag ${details.state}`}>{details.state}</span>{" "}
          <span class="faint">
            accepted {utc(details.created_at)}, changed {utc(details.updated_at)}, request {details.request_id}
          </span>
        </dd>
        {details.waiting_for.length > 0 && (
          <>
            <dt>Waits for</dt>
            <dd>
              {details.waiting_for.map((wait, index) => (
                <Waits key={index} wait={wait} />
              ))}
            </dd>
          </>
        )}
        {details.parked && (
          <>
            <dt>Parked</dt>
            <dd>{details.parked}</dd>
          </>
        )}
        <dt>Holds now</dt>
        <dd>
          <NowHeld key={`${id} ${details.updated_at}`} consumers={[...new Set([...consumersOf(details.task), ...(migration ? [migration] : [])])]} />
        </dd>
        {details.shadow.length > 0 && (
          <>
            <dt>Shadow</dt>
            <dd>{details.shadow.length} differences of the policy in shadow</dd>
          </>
        )}
      </dl>
      {opened.value?.open && <p class="faint" role="status">{lost.value === undefined ? "This page follows it: it is read again when it has changed." : `It cannot be followed: ${lost.value}`}</p>}
      <Commands commands={commandsFor({ id, state: details.state, task: details.task, migration, questions: questions(details, next), breakpoint: breakpointOf(details) })} />
    </section>
  );
}

/// What the rules and the model would do next: an example of each answer.
function useNext(details: TaskDetails | undefined): RunView | undefined {
  const [next, setNext] = useState<RunView>();
  const isWaiting = details?.waiting_for.some(({ kind }) => kind === "reply");
  useEffect(() => {
    setNext(undefined);
    if (!details || !isWaiting) return;
    const { task, history } = details;
    void rules.play({ kind: "task", task, history }, "standard", [], false).then(setNext, () => undefined);
  }, [details]);
  return next;
}

function questions({ waiting_for }: TaskDetails, next: RunView | undefined) {
  return waiting_for.flatMap((wait) => {
    if (wait.kind !== "reply") return [];
    const played = next?.exchanges[wait.index];
    const isIt = played?.kind === wait.effect.kind;
    return [{ index: wait.index, effect: wait.effect, nth: isIt ? played.nth : 1, reply: isIt ? played.reply : ({ kind: "done" } as const) }];
  });
}

/// The id of the breakpoint that has stopped it.
function breakpointOf({ waiting_for }: TaskDetails): string | undefined {
  return waiting_for.flatMap((wait) => (wait.kind === "breakpoint" ? [wait.breakpoint] : []))[0];
}

function migrationOf(run: RunView | undefined): string | undefined {
  return run?.snapshots.at(-1)?.consumers.find(({ role }) => role === "migration")?.id;
}

function Waits({ wait }: { wait: TaskDetails["waiting_for"][number] }) {
  if (wait.kind === "task")
    return (
      <div>
        the end of{" "}
        <button type="button" class="link" onClick={() => void tryTo(() => openTask(wait.task))}>
          task {wait.task}
        </button>
        , which has locked a consumer of it
      </div>
    );
  if (wait.kind === "breakpoint")
    return (
      <div>
        a breakpoint of {wait.set_by}, before it sends{" "}
        {wait.effects.map((effect, index) => (
          <span key={effect}>
            {index > 0 && " and "}
            <code>{effect}</code>
          </span>
        ))}
        ; it goes on by itself at {clock(wait.until)} UTC <Left until={wait.until} />
      </div>
    );
  return (
    <div>
      an answer to <code>{wait.effect.kind}</code> (number {wait.index}) until {clock(wait.until)} UTC <Left until={wait.until} />
    </div>
  );
}

/// How long it still waits.
function Left({ until }: { until: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = (Date.parse(until) - now) / 1000;
  return <span class="faint">{seconds > 0 ? `(${age(Math.max(1, seconds))} left)` : "(it has passed)"}</span>;
}

function utc(time: string): string {
  return `${time.slice(0, 10)} ${clock(time)} UTC`;
}

function Commands({ commands }: { commands: Command[] }) {
  const [chosen, choose] = useState<Command>();
  const [open, setOpen] = useState(false);
  const acts = commands.filter(({ act }) => act);
  return (
    <>
      {acts.length > 0 && (
        <div class="buttons" role="group" aria-label="Try, and then do">
          {acts.map((command) => (
            <button key={command.title} type="button" title={`${command.text} It is rehearsed first, and sent only after a confirmation.`} onClick={() => (choose(command), setOpen(true))}>
              {command.title}...
            </button>
          ))}
        </div>
      )}
      <Lines commands={commands} />
      <Act open={open} close={() => setOpen(false)} command={chosen} />
    </>
  );
}

function Lines({ commands }: { commands: Command[] }) {
  return (
    <details>
      <summary>What you can do</summary>
      <ul class="commands">
        {commands.map(({ title, text, curl, cli }) => (
          <li key={title}>
            <strong>{title}</strong> <span class="faint">{text}</span>
            <Copy name={`${title}: curl`} line={curl} />
            {cli === undefined ? <p class="faint">The command line has no command for it.</p> : <Copy name={`${title}: command line`} line={cli} />}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Copy({ name, line }: { name: string; line: string }) {
  const [copied, setCopied] = useState(false);
  const lineId = useMemo(() => name.replaceAll(/\W+/g, "-"), [name]);
  const copy = async () => {
    if (!navigator.clipboard) throw new Error("the browser does not let this page write to the clipboard: select the line and copy it");
    await navigator.clipboard.writeText(line);
    setCopied(true);
  };
  return (
    <div class="copy">
      <code id={lineId}>{line}</code>
      <button type="button" class="small" aria-label={`Copy, ${name}`} aria-describedby={lineId} onClick={() => void tryTo(copy)}>
        {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}
