import { AuditFindings } from "./AuditFindings";
import { Tasks } from "./Tasks";

/// What the service that served the page has: its tasks, and what its audits have found.
export function OfService() {
  return (
    <div class="of-service">
      <Tasks />
      <AuditFindings />
    </div>
  );
}
