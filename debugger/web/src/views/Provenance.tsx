import { useEffect, useState } from "preact/hooks";
import { type Recorded, wholeName } from "../rules/types";
import { isServed } from "../service";
import { activeFork } from "../state/document";
import { onThisPage, opened, loadRecorded } from "../state/store";
import { tryTo } from "./App";

/// For a record: whether the run is the recorded one, or played by rules on it.
export function Provenance({ noReasons }: { noReasons: string | undefined }) {
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
      <span class="badge recorded">recorded</span> <DecidedBy policy={policy} here={here} noReasons={noReasons} />
      {!here && policy.digest && <LoadPolicy policy={policy} />}
    </p>
  );
}

function DecidedBy({ policy, here, noReasons }: { policy: Recorded; here: boolean; noReasons: string | undefined }) {
  const name = <span title={policy.digest ? `SHA-256 of the component: ${policy.digest}` : undefined}>{wholeName(policy)}</span>;
  if (!here) return <>{name} is not on this page: only what was recorded is shown.</>;
  if (noReasons) return <>Decided by {name}. {noReasons}: only what was recorded is shown.</>;
  return <>Decided by {name}, which is on this page and says why.</>;
}

/// The service that served the page may have the component.
function LoadPolicy({ policy }: { policy: Recorded }) {
  const [served, setServed] = useState(false);
  useEffect(() => void isServed().then(setServed), []);
  if (!served) return null;
  return (
    <>
      {" "}
      <button type="button" class="link" onClick={() => void tryTo(() => loadRecorded(policy))}>
        Take it from the service
      </button>
    </>
  );
}
