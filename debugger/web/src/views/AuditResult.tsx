import { age, type Audits, interval, type LastAudit, type Remedy, remedy, type Repair } from "../audits";
import { amounts } from "../state/holdings";
import { tryTo } from "./App";
import { Finding, Uuid } from "./Finding";
import { openTask } from "../state/sources";
import "../styles/audit.css";

/// The most that are shown; an audit of a cloud can find thousands.
const SHOWN = 100;

/// The result of the last audit.
export function AuditResult({ audits: { every_seconds, age_seconds, failure, last } }: { audits: Audits }) {
  return (
    <>
      {failure !== null && <p class="error">The latest attempt could not compare Placement with nova: {failure}</p>}
      {!last && failure === null && <p>The first one has not ended yet.</p>}
      <p>
        <span class="faint">Every {interval(every_seconds)}.</span>{" "}
        {last && (
          <>
            {number(last.consumers, "consumer")} looked at {age(age_seconds ?? 0)} ago{last.others.length > 0 && `, ${last.others.length} of other services`}.{" "}
            {!last.complete && <span class="badge warn">incomplete</span>}
          </>
        )}
      </p>
      {last && (
        <>
          <Unchecked last={last} />
          <Findings last={last} />
          <Hidden last={last} />
          <Repairs repairs={last.repairs} />
        </>
      )}
    </>
  );
}

function Unchecked({ last: { unchecked } }: { last: LastAudit }) {
  if (unchecked.length === 0) return null;
  return (
    <>
      <h4>Not checked: there may be more findings</h4>
      <ul class="entries">
        {unchecked.slice(0, SHOWN).map(({ what, why }, index) => (
          <li key={index}>
            {what}: <span class="faint">{why}</span>
          </li>
        ))}
      </ul>
      <More of={unchecked} />
    </>
  );
}

function Findings({ last: { findings, hidden, complete } }: { last: LastAudit }) {
  if (findings.length === 0 && hidden.length === 0) {
    return <p>{complete ? "Nothing is held that should not be." : "Nothing of what was checked is held that should not be."}</p>;
  }
  if (findings.length === 0) return null;
  return (
    <>
      <h4>
        {number(findings.length, "finding")} <Remedies of={findings.map(remedy)} />
      </h4>
      <div class="scroll" tabIndex={0} role="region" aria-label="Findings">
        <ul class="findings">
          {findings.slice(0, SHOWN).map((finding) => (
            <Finding key={`${finding.consumer} ${finding.why}`} finding={finding} />
          ))}
        </ul>
        <More of={findings} />
      </div>
    </>
  );
}

/// As in `repairable: 2, a person: 1`.
function Remedies({ of }: { of: Remedy[] }) {
  const counts = [...new Set(of)].map((one) => `${one}: ${of.filter((other) => other === one).length}`);
  return counts.map((count) => (
    <span key={count} class="faint">
      {` ${count}`}
    </span>
  ));
}

function Hidden({ last: { hidden } }: { last: LastAudit }) {
  if (hidden.length === 0) return null;
  return (
    <>
      <h4>
        Usage that no consumer explains <span class="faint">hidden-consumer</span>
      </h4>
      <ul class="entries">
        {hidden.slice(0, SHOWN).map(({ provider, name, resources }) => (
          <li key={provider}>
            {amounts(resources)} <span class="faint">of</span> {name} <Uuid id={provider} />
          </li>
        ))}
      </ul>
      <More of={hidden} />
      <p class="faint">
        <code>placement-manage db online_data_migrations</code> creates the consumers that are missing.
      </p>
    </>
  );
}

function Repairs({ repairs }: { repairs: Repair[] }) {
  if (repairs.length === 0) return null;
  return (
    <>
      <h4>Repairs</h4>
      <ul class="entries">
        {repairs.slice(0, SHOWN).map(({ consumer, why, task, repaired }) => (
          <li key={consumer}>
            {task === null ? <span class="faint">no task was accepted</span> : <Task id={task} />} <span class={repaired ? "badge good" : "badge bad"}>{repaired ? "repaired" : "not repaired"}</span>{" "}
            <span class="faint">{why} of</span> <Uuid id={consumer} />
          </li>
        ))}
      </ul>
      <More of={repairs} />
    </>
  );
}

function Task({ id }: { id: string }) {
  return (
    <button type="button" class="link" title={id} onClick={() => void tryTo(() => openTask(id))}>
      release {id.slice(-8)}
    </button>
  );
}

function More({ of }: { of: unknown[] }) {
  return of.length > SHOWN ? (
    <p class="faint">
      and {of.length - SHOWN} more: <code>GET /v1/audit</code> has all
    </p>
  ) : null;
}

function number(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
