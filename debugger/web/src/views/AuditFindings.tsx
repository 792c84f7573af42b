import { useEffect } from "preact/hooks";
import type { Audits } from "../audits";
import * as service from "../service";
import { leaking } from "../state/taskList";
import { lazy } from "./lazy";
import { usePolled } from "./usePolled";

const EVERY_MS = 30_000;

const AuditResult = lazy(async () => (await import("./AuditResult")).AuditResult);

/// What the audits of the service have found: allocations that are held and should not be.
export function AuditFindings() {
  const { answer: audits, problem } = usePolled<Audits | null>(service.audits, EVERY_MS, [service.token.value]);
  useEffect(() => {
    leaking.value = new Set(audits?.last?.findings.map(({ consumer }) => consumer));
  }, [audits]);
  return (
    <section class="panel audit" aria-labelledby="audit">
      <h3 id="audit">Audit</h3>
      {problem && <Problem problem={problem} />}
      {audits === undefined && !problem && <p role="status">Asking the service...</p>}
      {audits === null && (
        <p class="faint">
          This service does none. With <code>audit.every</code> it looks for leaked allocations by itself.
        </p>
      )}
      {audits && <AuditResult audits={audits} />}
    </section>
  );
}

/// The form for the token is among the tasks.
function Problem({ problem: { status, message } }: { problem: service.ServiceError }) {
  if (status === 401 || status === 403) return <p class="faint">It needs the token of the tasks.</p>;
  return (
    <p class="error" role="alert">
      {message}
    </p>
  );
}
