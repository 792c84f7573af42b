import { useEffect, useRef, useState } from "preact/hooks";
import { policyKey, type Turn } from "../rules/types";
import { activeFork } from "../state/document";
import { add, type Branch, type Futures, isBad, noFutures, VERDICTS, type VerdictName } from "../state/futures";
import { at, course, opened, said } from "../state/store";
import { explore, type Exploring } from "../workers/lab";
import { branch } from "./WhatIf";

const SIGNS: Record<VerdictName, string> = { right: "\u2713", leak: "\u25b2", loss: "\u25bc", broken: "\u2717" };

/// The tree is drawn so often at most: drawing takes longer than finding.
const EVERY_MS = 250;

/// All that can happen from the exchange at hand on.
export function Explore() {
  const document = opened.value;
  const [most, setMost] = useState(1);
  const [onlyBad, setOnlyBad] = useState(true);
  const [futures, setFutures] = useState<Futures>();
  const [seconds, setSeconds] = useState(0);
  const [wrong, setWrong] = useState<string>();
  const running = useRef<Exploring | undefined>(undefined);
  const latest = useRef<Futures | undefined>(undefined);
  const stop = () => {
    running.current?.stop();
    running.current = undefined;
  };
  useEffect(() => stop, []);
  if (!document || !course.value) return null;
  const fork = activeFork(document);
  const from = Math.max(0, Math.min(at.value, course.value.exchanges.length) - 1);
  const start = () => {
    stop();
    setWrong(undefined);
    // From the first portion on: before it comes, the worker loads the rules.
    let began = 0;
    let shown = 0;
    let found = noFutures();
    latest.current = found;
    setFutures(found);
    try {
      running.current = explore(
        fork.policy,
        document.source,
        fork.changes,
        from,
        most,
        (portion) => {
          found = add(found, portion);
          const now = performance.now();
          latest.current = found;
          if (portion.done || now - shown > EVERY_MS) {
            shown = now;
            setFutures(found);
          }
          if (began > 0) setSeconds((performance.now() - began) / 1000);
          began ||= performance.now();
          if (portion.done) running.current = undefined;
        },
        (why) => {
          running.current = undefined;
          setWrong(why);
        },
      );
    } catch (error) {
      setWrong(said(error));
    }
  };
  return (
    <div class="explore">
      <div class="explore-head">
        <p>
          Every fate of every effect from exchange <strong>{from + 1}</strong> on, under <strong>{policyKey(fork.policy)}</strong>:
        </p>
        <label class="choice">
          <span>Things that go wrong on one path</span>
          <select value={most} onChange={(event) => setMost(Number(event.currentTarget.value))}>
            <option value={1}>one</option>
            <option value={2}>two</option>
            <option value={3}>three</option>
          </select>
        </label>
        {running.current ? (
          <button type="button" onClick={() => (stop(), setFutures(latest.current && { ...latest.current }))}>
            Stop
          </button>
        ) : (
          <button type="button" class="primary" onClick={start}>
            Explore
          </button>
        )}
        <label class="option inline">
          <input type="checkbox" checked={onlyBad} onChange={(event) => setOnlyBad(event.currentTarget.checked)} /> only what ends badly
        </label>
      </div>
      {wrong && (
        <p class="error" role="alert">
          {wrong}
        </p>
      )}
      {futures ? <Found futures={futures} seconds={seconds} running={running.current !== undefined} onlyBad={onlyBad} /> : <NotYet />}
    </div>
  );
}

function NotYet() {
  return (
    <div class="empty">
      <h2>Nothing explored yet</h2>
      <p>A server that is deleted, an answer that is lost, a conductor that dies: each at every point, and what the rules make of it.</p>
    </div>
  );
}

function Found({ futures, seconds, running, onlyBad }: { futures: Futures; seconds: number; running: boolean; onlyBad: boolean }) {
  const { counts } = futures.root;
  return (
    <>
      <div class="tally" role="status">
        {running && <progress aria-label="exploring" />}
        <span>
          <strong>{futures.histories.toLocaleString("en")}</strong> histories, {futures.calls.toLocaleString("en")} calls of the rules
          {seconds > 0 && <span class="faint"> {Math.round(futures.histories / seconds).toLocaleString("en")} histories a second</span>}
        </span>
        {VERDICTS.filter((name) => counts[name] > 0).map((name) => (
          <span key={name} class={`badge ${name === "right" ? "good" : "bad"}`}>
            {SIGNS[name]} {counts[name].toLocaleString("en")} {name}
          </span>
        ))}
        {!running && <span class="faint">{futures.done ? "all of them" : "stopped"}</span>}
        {futures.left > 0 && <span class="faint">{futures.left.toLocaleString("en")} of them counted only</span>}
      </div>
      {futures.done && !isBad(counts) && <p class="right">None of them ends in a leak or a loss.</p>}
      <ul class="tree panel" aria-label="What can happen">
        <Ends branch={futures.root} onlyBad={onlyBad} />
        <Branches branch={futures.root} onlyBad={onlyBad} depth={0} />
      </ul>
    </>
  );
}

function Branches({ branch: here, onlyBad, depth }: { branch: Branch; onlyBad: boolean; depth: number }) {
  const all = [...here.branches.values()].filter(({ counts }) => !onlyBad || isBad(counts));
  all.sort((one, other) => (one.turn?.index ?? 0) - (other.turn?.index ?? 0));
  return (
    <>
      {all.map((one) => (
        <BranchView key={`${one.turn?.index} ${one.turn?.what}`} branch={one} onlyBad={onlyBad} depth={depth} />
      ))}
    </>
  );
}

function BranchView({ branch: here, onlyBad, depth }: { branch: Branch; onlyBad: boolean; depth: number }) {
  const [open, setOpen] = useState(depth < 1);
  const { turn, counts } = here;
  if (!turn) return null;
  const [end] = here.ends;
  if (end && here.ends.length === 1 && here.branches.size === 0) return <Only turn={turn} end={end} />;
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="number">{turn.index + 1}</span> <code>{turn.effect}</code> {turn.words}
          <Counts counts={counts} />
        </summary>
        {open && (
          <ul>
            <Ends branch={here} onlyBad={onlyBad} />
            <Branches branch={here} onlyBad={onlyBad} depth={depth + 1} />
          </ul>
        )}
      </details>
    </li>
  );
}

/// A branch that comes to one end is a line.
function Only({ turn, end: { verdict, end, path } }: { turn: Turn; end: Branch["ends"][number] }) {
  return (
    <li class="only">
      <span class="number">{turn.index + 1}</span>
      <code>{turn.effect}</code>
      <span>{turn.words}</span>
      <span class={verdict === "right" ? "badge good" : "badge bad"}>
        {SIGNS[verdict]} {verdict}
      </span>
      <code>{end}</code>
      <OpenAsFork path={path} verdict={verdict} />
    </li>
  );
}

function OpenAsFork({ path, verdict }: { path: Turn[]; verdict: VerdictName }) {
  return (
    <button type="button" class="link" onClick={() => open(path, verdict)}>
      Open as a fork
    </button>
  );
}

function Counts({ counts }: { counts: Record<VerdictName, number> }) {
  return (
    <span class="counts">
      {VERDICTS.filter((name) => counts[name] > 0).map((name) => (
        <span key={name} class={name === "right" ? "good" : "bad"}>
          {SIGNS[name]} {counts[name]} {name}
        </span>
      ))}
    </span>
  );
}

function Ends({ branch: here, onlyBad }: { branch: Branch; onlyBad: boolean }) {
  return (
    <>
      {here.ends
        .filter(({ verdict }) => !onlyBad || verdict !== "right")
        .map(({ verdict, end, path }, index) => (
          <li key={index} class="leaf">
            <span class={verdict === "right" ? "badge good" : "badge bad"}>
              {SIGNS[verdict]} {verdict}
            </span>{" "}
            ends <code>{end}</code>
            <OpenAsFork path={path} verdict={verdict} />
          </li>
        ))}
    </>
  );
}

function open(path: Turn[], verdict: VerdictName) {
  const changes = path.map(({ effect, nth, what }) => ({ effect, nth, what }));
  const name = path.map(({ words }) => words).join(", then ") || "as it is";
  branch(changes, `${verdict}: ${name}`.slice(0, 80), path[0] ? path[0].index + 1 : at.value);
}
