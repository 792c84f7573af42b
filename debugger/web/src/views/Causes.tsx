import { type Cause, causes, pathText } from "../state/causes";
import type { ExplorationRequest } from "../state/exploration";
import type { End, PathTree } from "../state/pathTree";
import { useMemo } from "preact/hooks";
import { OpenAsFork, VerdictBadge } from "./ExploredEnd";

/// More causes, and more paths of a cause, are only in the list of all paths.
const MOST = 20;

interface Props {
  tree: PathTree;
  request: ExplorationRequest;
}

/// What ends badly, grouped by the fewest faults and events that suffice for it; the shortest path first.
export function Causes({ tree, request }: Props) {
  const all = useMemo(() => causes(tree.root), [tree]);
  if (all.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="causes">
      <h2 id="causes">What suffices for it to end badly</h2>
      <ol class="causes">
        {all.slice(0, MOST).map((cause) => (
          <CauseView key={`${cause.verdict} ${pathText(cause.shortest.path)}`} cause={cause} request={request} />
        ))}
      </ol>
      {all.length > MOST && <p class="faint">{all.length - MOST} more, which need more to go wrong, are in the list of all paths.</p>}
    </section>
  );
}

function CauseView({ cause: { shortest, others }, request }: { cause: Cause; request: ExplorationRequest }) {
  return (
    <li>
      <Path end={shortest} request={request} />
      {others.length > 0 && (
        <details>
          <summary>{others.length.toLocaleString("en")} more with the same cause, elsewhere or with more that goes wrong</summary>
          <ul>
            {others.slice(0, MOST).map((end, index) => (
              <li key={index}>
                <Path end={end} request={request} />
              </li>
            ))}
          </ul>
          {others.length > MOST && <p class="faint">{(others.length - MOST).toLocaleString("en")} more are in the list of all paths.</p>}
        </details>
      )}
    </li>
  );
}

/// A path by its exchanges, and how it ends.
export function Path({ end, request }: { end: End; request: ExplorationRequest }) {
  return (
    <span class="path">
      <VerdictBadge verdict={end.verdict} /> {pathText(end.path)}; ends <code>{end.end}</code> <OpenAsFork end={end} request={request} />
    </span>
  );
}
