import { useState } from "preact/hooks";
import type { PathEvent } from "../rules/types";
import type { ExplorationRequest } from "../state/exploration";
import { type Branch, type End, isNotRight, NAMES, VERDICTS, type VerdictName } from "../state/pathTree";
import { inOrder } from "../state/stateGraph";
import { BADGE_CLASSES, OpenAsFork, SIGNS, VerdictBadge } from "./ExploredEnd";

interface Props {
  branch: Branch;
  onlyBad: boolean;
  request: ExplorationRequest;
}

/// All paths, one by one.
export function ExploredTree({ branch, onlyBad, request }: Props) {
  return (
    <ul class="tree panel" aria-label="What can happen">
      <Ends branch={branch} onlyBad={onlyBad} request={request} />
      <Branches branch={branch} onlyBad={onlyBad} depth={0} request={request} />
    </ul>
  );
}

interface BranchProps extends Props {
  depth: number;
}

function Branches({ branch: here, onlyBad, depth, request }: BranchProps) {
  const all = [...here.branches.values()].filter(({ counts }) => !onlyBad || isNotRight(counts)).sort(inOrder);
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
function SingleEnd({ event, end, request }: { event: PathEvent; end: End; request: ExplorationRequest }) {
  return (
    <li class="only">
      <span class="number">{event.index + 1}</span>
      <code>{event.effect}</code>
      <span>{event.text}</span>
      <VerdictBadge verdict={end.verdict} />
      <code>{end.end}</code>
      <OpenAsFork end={end} request={request} />
    </li>
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

function Ends({ branch: here, onlyBad, request }: Props) {
  return (
    <>
      {here.ends
        .filter(({ verdict }) => !onlyBad || verdict !== "right")
        .map((one, index) => (
          <li key={index} class="path-end">
            <VerdictBadge verdict={one.verdict} /> ends <code>{one.end}</code>
            <OpenAsFork end={one} request={request} />
          </li>
        ))}
    </>
  );
}
