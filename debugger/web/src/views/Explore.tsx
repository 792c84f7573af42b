import { useEffect, useState } from "preact/hooks";
import { policyKey, type PathEvent, wholeName } from "../rules/types";
import { activeFork } from "../state/document";
import { type ExplorationRequest, resultsFor, dropOthers, startExploring, stopExploring } from "../state/exploration";
import { type Branch, type PathTree, isBad, isNotRight, NAMES, VERDICTS, type VerdictName } from "../state/pathTree";
import { at, run, onThisPage, opened } from "../state/store";
import { branch, rulesToContinue } from "./WhatIf";
import "../styles/compare.css";

const SIGNS: Record<VerdictName, string> = { right: "\u2713", leak: "\u25b2", loss: "\u25bc", broken: "\u2717", person: "!", unknown: "?" };
const BADGE_CLASSES: Record<VerdictName, string> = { right: "good", leak: "bad", loss: "bad", broken: "bad", person: "warn", unknown: "unknown" };

/// All possible results from the current exchange on.
export function Explore() {
  const [most, setMost] = useState(1);
  const [onlyBad, setOnlyBad] = useState(true);
  const request = requestHere(most);
  // Stops and drops an exploration of another run, policy or step.
  useEffect(() => dropOthers(request));
  if (!request) return null;
  const results = resultsFor(request);
  return (
    <div class="explore">
      <div class="explore-head">
        <p>
          Everything that can go wrong from exchange <strong>{request.from + 1}</strong> on, under <strong>{policyKey(request.policy)}</strong>:
        </p>
        <label class="choice">
          <span>Things that go wrong on one path</span>
          <select value={most} onChange={(event) => setMost(Number(event.currentTarget.value))}>
            <option value={1}>one</option>
            <option value={2}>two</option>
            <option value={3}>three</option>
          </select>
        </label>
        {results?.running ? (
          <button type="button" onClick={stopExploring}>
            Stop
          </button>
        ) : (
          <button type="button" class="primary" onClick={() => startExploring(request)}>
            Explore
          </button>
        )}
        <label class="option inline">
          <input type="checkbox" checked={onlyBad} onChange={(event) => setOnlyBad(event.currentTarget.checked)} /> only what ends badly
        </label>
      </div>
      <Instead request={request} />
      {results?.error && (
        <p class="error" role="alert">
          {results.error}
        </p>
      )}
      {results && !results.error ? <Results tree={results.tree} seconds={results.seconds} running={results.running} onlyBad={onlyBad} request={request} /> : <NothingExplored />}
    </div>
  );
}

/// What would be explored here: this document and run, with these rules, from this step.
function requestHere(most: number): ExplorationRequest | undefined {
  const document = opened.value;
  const policy = rulesToContinue();
  if (!document || !run.value || !policy) return undefined;
  const from = Math.max(0, Math.min(at.value, run.value.exchanges.length) - 1);
  const { id, changes } = activeFork(document);
  return { source: document.source, fork: id, policy, changes, from, most };
}

/// Rules that this page does not have cannot be explored, so the page says which rules it uses instead.
function Instead({ request }: { request: ExplorationRequest }) {
  const own = opened.value && activeFork(opened.value).policy;
  if (own?.kind !== "recorded" || onThisPage(own)) return null;
  return (
    <p class="aside">
      {wholeName(own)} is not on this page: what is explored is what {policyKey(request.policy)} would do.
    </p>
  );
}

function NothingExplored() {
  return (
    <div class="empty">
      <h2>Nothing explored yet</h2>
      <p>This tries a deleted server, a lost answer or a dead conductor at every point, and shows what the rules do then.</p>
    </div>
  );
}

interface ResultsProps {
  tree: PathTree;
  seconds: number;
  running: boolean;
  onlyBad: boolean;
  request: ExplorationRequest;
}

function Results({ tree, seconds, running, onlyBad, request }: ResultsProps) {
  const { counts } = tree.root;
  return (
    <>
      <div class="tally" role="status">
        {running && <progress aria-label="exploring" />}
        <span>
          <strong>{tree.histories.toLocaleString("en")}</strong> histories, {tree.calls.toLocaleString("en")} calls of the rules
          {seconds > 0 && <span class="faint"> {Math.round(tree.histories / seconds).toLocaleString("en")} histories a second</span>}
        </span>
        {VERDICTS.filter((name) => counts[name] > 0).map((name) => (
          <span key={name} class={`badge ${BADGE_CLASSES[name]}`}>
            {SIGNS[name]} {counts[name].toLocaleString("en")} {NAMES[name]}
          </span>
        ))}
        {!running && <span class="faint">{tree.done ? "all of them" : "stopped"}</span>}
        {tree.countedOnly > 0 && <span class="faint">{tree.countedOnly.toLocaleString("en")} of them not listed</span>}
      </div>
      {tree.done && !isBad(counts) && <p class="right">None of them ends in a leak or a loss.</p>}
      <ul class="tree panel" aria-label="What can happen">
        <Ends branch={tree.root} onlyBad={onlyBad} request={request} />
        <Branches branch={tree.root} onlyBad={onlyBad} depth={0} request={request} />
      </ul>
    </>
  );
}

interface BranchProps {
  branch: Branch;
  onlyBad: boolean;
  depth: number;
  request: ExplorationRequest;
}

function Branches({ branch: here, onlyBad, depth, request }: BranchProps) {
  const all = [...here.branches.values()].filter(({ counts }) => !onlyBad || isNotRight(counts));
  all.sort((one, other) => (one.event?.index ?? 0) - (other.event?.index ?? 0));
  return (
    <>
      {all.map((one) => (
        <BranchView key={`${one.event?.index} ${one.event?.what}`} branch={one} onlyBad={onlyBad} depth={depth} request={request} />
      ))}
    </>
  );
}

function BranchView({ branch: here, onlyBad, depth, request }: BranchProps) {
  const [open, setOpen] = useState(depth < 1);
  const { event, counts } = here;
  if (!event) return null;
  const [end] = here.ends;
  if (end && here.ends.length === 1 && here.branches.size === 0) return <SingleEnd event={event} end={end} request={request} />;
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="number">{event.index + 1}</span> <code>{event.effect}</code> {event.text}
          <Counts counts={counts} />
        </summary>
        {open && (
          <ul>
            <Ends branch={here} onlyBad={onlyBad} request={request} />
            <Branches branch={here} onlyBad={onlyBad} depth={depth + 1} request={request} />
          </ul>
        )}
      </details>
    </li>
  );
}

/// A branch with a single end is one line.
function SingleEnd({ event, end: { verdict, end, path }, request }: { event: PathEvent; end: Branch["ends"][number]; request: ExplorationRequest }) {
  return (
    <li class="only">
      <span class="number">{event.index + 1}</span>
      <code>{event.effect}</code>
      <span>{event.text}</span>
      <span class={`badge ${BADGE_CLASSES[verdict]}`}>
        {SIGNS[verdict]} {NAMES[verdict]}
      </span>
      <code>{end}</code>
      <OpenAsFork path={path} verdict={verdict} request={request} />
    </li>
  );
}

function OpenAsFork({ path, verdict, request }: { path: PathEvent[]; verdict: VerdictName; request: ExplorationRequest }) {
  return (
    <button type="button" class="link" onClick={() => open(path, verdict, request)}>
      Open as a fork
    </button>
  );
}

function Counts({ counts }: { counts: Record<VerdictName, number> }) {
  return (
    <span class="counts">
      {VERDICTS.filter((name) => counts[name] > 0).map((name) => (
        <span key={name} class={BADGE_CLASSES[name]}>
          {SIGNS[name]} {counts[name]} {NAMES[name]}
        </span>
      ))}
    </span>
  );
}

function Ends({ branch: here, onlyBad, request }: Omit<BranchProps, "depth">) {
  return (
    <>
      {here.ends
        .filter(({ verdict }) => !onlyBad || verdict !== "right")
        .map(({ verdict, end, path }, index) => (
          <li key={index} class="path-end">
            <span class={`badge ${BADGE_CLASSES[verdict]}`}>
              {SIGNS[verdict]} {NAMES[verdict]}
            </span>{" "}
            ends <code>{end}</code>
            <OpenAsFork path={path} verdict={verdict} request={request} />
          </li>
        ))}
    </>
  );
}

function open(path: PathEvent[], verdict: VerdictName, { policy }: ExplorationRequest) {
  const changes = path.map(({ effect, nth, what }) => ({ effect, nth, what }));
  const name = path.map(({ text }) => text).join(", then ") || "as it is";
  branch(changes, `${NAMES[verdict]}: ${name}`.slice(0, 80), path[0] ? path[0].index + 1 : at.value, policy);
}
