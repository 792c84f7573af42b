import { useEffect, useState } from "preact/hooks";
import { type Recorded, wholeName } from "../rules/types";
import { isThere } from "../runner";
import { activeFork } from "../state/document";
import { onThisPage, opened, takeRecorded } from "../state/store";
import { tryTo } from "./App";

/// For a record: whether the course is the recorded one, or played by rules on it.
export function Provenance({ silent }: { silent: string | undefined }) {
  const document = opened.value;
  if (document?.source.kind !== "task") return null;
  const { policy } = activeFork(document);
  if (policy.kind !== "recorded") {
    return (
      <p class="aside">
        <span class="badge played">played</span> What {policy.name} would do on what was recorded.
      </p>
    );
  }
  const here = onThisPage(policy) !== undefined;
  return (
    <p class="aside">
      <span class="badge recorded">recorded</span> <WhoDecided policy={policy} here={here} silent={silent} />
      {!here && policy.digest && <Take policy={policy} />}
    </p>
  );
}

function WhoDecided({ policy, here, silent }: { policy: Recorded; here: boolean; silent: string | undefined }) {
  const name = <span title={policy.digest ? `SHA-256 of the component: ${policy.digest}` : undefined}>{wholeName(policy)}</span>;
  if (!here) return <>{name} is not on this page: only what was recorded is shown.</>;
  if (silent) return <>Decided by {name}. {silent}: only what was recorded is shown.</>;
  return <>Decided by {name}, which is on this page and says why.</>;
}

/// The service that served the page may have the component.
function Take({ policy }: { policy: Recorded }) {
  const [runner, setRunner] = useState(false);
  useEffect(() => void isThere().then(setRunner), []);
  if (!runner) return null;
  return (
    <>
      {" "}
      <button type="button" class="link" onClick={() => void tryTo(() => takeRecorded(policy))}>
        Take it from the runner
      </button>
    </>
  );
}
