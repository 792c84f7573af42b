import { useState } from "preact/hooks";
import { policyKey, wholeName } from "../rules/types";
import { activeFork } from "../state/document";
import { type Exploration, type ExplorationRequest, goBackTo, otherResults, resultsFor, startExploring, stopExploring } from "../state/exploration";
import { isBad, NAMES, VERDICTS } from "../state/pathTree";
import { at, run, onThisPage, opened } from "../state/store";
import { Causes } from "./Causes";
import { BADGE_CLASSES, SIGNS } from "./ExploredEnd";
import { ExploredTree } from "./ExploredTree";
import { StateGraph } from "./StateGraph";
import { rulesToContinue } from "./WhatIf";
import "../styles/compare.css";

const BOUNDS = ["one", "two", "three"];

/// All possible results from the current exchange on.
export function Explore() {
  const [most, setMost] = useState(1);
  const [onlyBad, setOnlyBad] = useState(true);
  const request = requestHere(most);
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
            {BOUNDS.map((name, index) => (
              <option key={name} value={index + 1}>
                {name}
              </option>
            ))}
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
      <Others request={request} setMost={setMost} />
      {results && !results.error ? <Results results={results} onlyBad={onlyBad} /> : <NothingExplored />}
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

/// What was explored from elsewhere, to go back to it.
function Others({ request, setMost }: { request: ExplorationRequest; setMost: (most: number) => void }) {
  const others = otherResults(request).filter(({ error }) => error === undefined);
  if (others.length === 0) return null;
  return (
    <p class="aside explored-before">
      Explored before:{" "}
      {others.map((one) => (
        <button
          key={JSON.stringify(one.request.changes) + one.request.fork + one.request.from + one.request.most}
          type="button"
          class="link"
          onClick={() => {
            setMost(one.request.most);
            goBackTo(one.request);
          }}
        >
          {nameOf(one)}
        </button>
      ))}
    </p>
  );
}

function nameOf({ request: { fork, from, policy, most }, tree, running }: Exploration): string {
  const course = opened.value?.forks.find(({ id }) => id === fork)?.name ?? "";
  const { counts } = tree.root;
  const found = VERDICTS.filter((name) => counts[name] > 0).map((name) => `${counts[name]} ${NAMES[name]}`);
  return `${course}, from exchange ${from + 1}, ${policyKey(policy)}, ${BOUNDS[most - 1]}: ${running ? "still runs" : found.join(", ")}`;
}

function Results({ results: { request, tree, seconds, running }, onlyBad }: { results: Exploration; onlyBad: boolean }) {
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
      <Causes tree={tree} request={request} />
      {/* While it grows, states that are alike so far are not known to be one. */}
      {!running && <StateGraph tree={tree} onlyBad={onlyBad} request={request} />}
      <AllPaths tree={tree} onlyBad={onlyBad} request={request} />
    </>
  );
}

function AllPaths({ tree, onlyBad, request }: Pick<Exploration, "tree" | "request"> & { onlyBad: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="all-paths" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>All paths</summary>
      {open && <ExploredTree branch={tree.root} onlyBad={onlyBad} request={request} />}
    </details>
  );
}
