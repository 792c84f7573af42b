import type { ExplorationRequest } from "../state/exploration";
import { type End, NAMES, type VerdictName } from "../state/pathTree";
import { at } from "../state/store";
import { branch } from "./WhatIf";

export const SIGNS: Record<VerdictName, string> = { right: "\u2713", leak: "\u25b2", loss: "\u25bc", broken: "\u2717", person: "!", unknown: "?" };
export const BADGE_CLASSES: Record<VerdictName, string> = { right: "good", leak: "bad", loss: "bad", broken: "bad", person: "warn", unknown: "unknown" };

export function VerdictBadge({ verdict }: { verdict: VerdictName }) {
  return (
    <span class={`badge ${BADGE_CLASSES[verdict]}`}>
      {SIGNS[verdict]} {NAMES[verdict]}
    </span>
  );
}

export function OpenAsFork({ end, request }: { end: End; request: ExplorationRequest }) {
  return (
    <button type="button" class="link" onClick={() => open(end, request)}>
      Open as a fork
    </button>
  );
}

function open({ path, verdict }: End, { policy }: ExplorationRequest) {
  const changes = path.map(({ effect, nth, what }) => ({ effect, nth, what }));
  const name = path.map(({ text }) => text).join(", then ") || "as it is";
  branch(changes, `${NAMES[verdict]}: ${name}`.slice(0, 80), path[0] ? path[0].index + 1 : at.value, policy);
}
