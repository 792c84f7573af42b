import { useEffect, useState } from "preact/hooks";
import { policyKey, type Turn, wholeName } from "../rules/types";
import { activeFork } from "../state/document";
import { type Asked, foundFor, leave, startExploring, stopExploring } from "../state/exploration";
import { type Branch, type Futures, isBad, isWorthALook, NAMES, VERDICTS, type VerdictName } from "../state/futures";
import { at, course, onThisPage, opened } from "../state/store";
import { branch, rulesAtHand } from "./WhatIf";

const SIGNS: Record<VerdictName, string> = { right: "\u2713", leak: "\u25b2", loss: "\u25bc", broken: "\u2717", person: "!", unknown: "?" };
const MOODS: Record<VerdictName, string> = { right: "good", leak: "bad", loss: "bad", broken: "bad", person: "warn", unknown: "unknown" };

/// All possible results from the current exchange on.
export function Explore() {
  const [most, setMost] = useState(1);
  const [onlyBad, setOnlyBad] = useState(true);
  const asked = askedHere(most);
  // Stops and drops an exploration of another course, policy or step.
  useEffect(() => leave(asked));
  if (!asked) return null;
  const found = foundFor(asked);
  return (
    <div class="explore">
      <div class="explore-head">
        <p>
          Every possible result of every effect from exchange <strong>{asked.from + 1}</strong> on, under <strong>{policyKey(asked.policy)}</strong>:
        </p>
        <label class="choice">
          <span>Things that go wrong on one path</span>
          <select value={most} onChange={(event) => setMost(Number(event.currentTarget.value))}>
            <option value={1}>one</option>
            <option value={2}>two</option>
            <option value={3}>three</option>
          </select>
        </label>
        {found?.running ? (
          <button type="button" onClick={stopExploring}>
            Stop
          </button>
        ) : (
          <button type="button" class="primary" onClick={() => startExploring(asked)}>
            Explore
          </button>
        )}
        <label class="option inline">
          <input type="checkbox" checked={onlyBad} onChange={(event) => setOnlyBad(event.currentTarget.checked)} /> only what ends badly
        </label>
      </div>
      <Instead asked={asked} />
      {found?.wrong && (
        <p class="error" role="alert">
          {found.wrong}
        </p>
      )}
      {found && !found.wrong ? <Found futures={found.futures} seconds={found.seconds} running={found.running} onlyBad={onlyBad} asked={asked} /> : <NotYet />}
    </div>
  );
}

/// What would be explored here: this document and course, with these rules, from this step.
function askedHere(most: number): Asked | undefined {
  const document = opened.value;
  const policy = rulesAtHand();
  if (!document || !course.value || !policy) return undefined;
  const from = Math.max(0, Math.min(at.value, course.value.exchanges.length) - 1);
  const { id, changes } = activeFork(document);
  return { source: document.source, fork: id, policy, changes, from, most };
}

/// Rules that this page does not have cannot be explored, so the page says which rules it uses instead.
function Instead({ asked }: { asked: Asked }) {
  const own = opened.value && activeFork(opened.value).policy;
  if (own?.kind !== "recorded" || onThisPage(own)) return null;
  return (
    <p class="aside">
      {wholeName(own)} is not on this page: what is explored is what {policyKey(asked.policy)} would do.
    </p>
  );
}

function NotYet() {
  return (
    <div class="empty">
      <h2>Nothing explored yet</h2>
      <p>This tries a deleted server, a lost answer or a dead conductor at every point, and shows what the rules do then.</p>
    </div>
  );
}

interface FoundProps {
  futures: Futures;
  seconds: number;
  running: boolean;
  onlyBad: boolean;
  asked: Asked;
}

function Found({ futures, seconds, running, onlyBad, asked }: FoundProps) {
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
          <span key={name} class={`badge ${MOODS[name]}`}>
            {SIGNS[name]} {counts[name].toLocaleString("en")} {NAMES[name]}
          </span>
        ))}
        {!running && <span class="faint">{futures.done ? "all of them" : "stopped"}</span>}
        {futures.left > 0 && <span class="faint">{futures.left.toLocaleString("en")} of them counted only</span>}
      </div>
      {futures.done && !isBad(counts) && <p class="right">None of them ends in a leak or a loss.</p>}
      <ul class="tree panel" aria-label="What can happen">
        <Ends branch={futures.root} onlyBad={onlyBad} asked={asked} />
        <Branches branch={futures.root} onlyBad={onlyBad} depth={0} asked={asked} />
      </ul>
    </>
  );
}

interface BranchProps {
  branch: Branch;
  onlyBad: boolean;
  depth: number;
  asked: Asked;
}

function Branches({ branch: here, onlyBad, depth, asked }: BranchProps) {
  const all = [...here.branches.values()].filter(({ counts }) => !onlyBad || isWorthALook(counts));
  all.sort((one, other) => (one.turn?.index ?? 0) - (other.turn?.index ?? 0));
  return (
    <>
      {all.map((one) => (
        <BranchView key={`${one.turn?.index} ${one.turn?.what}`} branch={one} onlyBad={onlyBad} depth={depth} asked={asked} />
      ))}
    </>
  );
}

function BranchView({ branch: here, onlyBad, depth, asked }: BranchProps) {
  const [open, setOpen] = useState(depth < 1);
  const { turn, counts } = here;
  if (!turn) return null;
  const [end] = here.ends;
  if (end && here.ends.length === 1 && here.branches.size === 0) return <Only turn={turn} end={end} asked={asked} />;
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="number">{turn.index + 1}</span> <code>{turn.effect}</code> {turn.words}
          <Counts counts={counts} />
        </summary>
        {open && (
          <ul>
            <Ends branch={here} onlyBad={onlyBad} asked={asked} />
            <Branches branch={here} onlyBad={onlyBad} depth={depth + 1} asked={asked} />
          </ul>
        )}
      </details>
    </li>
  );
}

/// A branch with a single end is one line.
function Only({ turn, end: { verdict, end, path }, asked }: { turn: Turn; end: Branch["ends"][number]; asked: Asked }) {
  return (
    <li class="only">
      <span class="number">{turn.index + 1}</span>
      <code>{turn.effect}</code>
      <span>{turn.words}</span>
      <span class={`badge ${MOODS[verdict]}`}>
        {SIGNS[verdict]} {NAMES[verdict]}
      </span>
      <code>{end}</code>
      <OpenAsFork path={path} verdict={verdict} asked={asked} />
    </li>
  );
}

function OpenAsFork({ path, verdict, asked }: { path: Turn[]; verdict: VerdictName; asked: Asked }) {
  return (
    <button type="button" class="link" onClick={() => open(path, verdict, asked)}>
      Open as a fork
    </button>
  );
}

function Counts({ counts }: { counts: Record<VerdictName, number> }) {
  return (
    <span class="counts">
      {VERDICTS.filter((name) => counts[name] > 0).map((name) => (
        <span key={name} class={MOODS[name]}>
          {SIGNS[name]} {counts[name]} {NAMES[name]}
        </span>
      ))}
    </span>
  );
}

function Ends({ branch: here, onlyBad, asked }: Omit<BranchProps, "depth">) {
  return (
    <>
      {here.ends
        .filter(({ verdict }) => !onlyBad || verdict !== "right")
        .map(({ verdict, end, path }, index) => (
          <li key={index} class="leaf">
            <span class={`badge ${MOODS[verdict]}`}>
              {SIGNS[verdict]} {NAMES[verdict]}
            </span>{" "}
            ends <code>{end}</code>
            <OpenAsFork path={path} verdict={verdict} asked={asked} />
          </li>
        ))}
    </>
  );
}

function open(path: Turn[], verdict: VerdictName, { policy }: Asked) {
  const changes = path.map(({ effect, nth, what }) => ({ effect, nth, what }));
  const name = path.map(({ words }) => words).join(", then ") || "as it is";
  branch(changes, `${NAMES[verdict]}: ${name}`.slice(0, 80), path[0] ? path[0].index + 1 : at.value, policy);
}
