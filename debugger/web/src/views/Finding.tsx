import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Finding as Found, remedy } from "../audits";
import { amounts } from "../state/holdings";
import { type Command, releaseOf } from "../state/commands";
import type { Names } from "../state/names";
import { lazyDialog } from "./lazy";
import { NamedText, NamesContext } from "./NamedText";

const Act = lazyDialog(async () => (await import("./Act")).Act);

/// One finding of an audit.
export function Finding({ finding }: { finding: Found }) {
  const { why, words, node, since, way_out } = finding;
  return (
    <li>
      <p>
        <strong>{why}</strong> <Settled finding={finding} />
      </p>
      <p>
        <NamesContext.Provider value={namesOf(finding)}>
          <NamedText text={words} />
        </NamesContext.Provider>
      </p>
      <dl>
        <Consumers finding={finding} />
        {node !== null && (
          <Row name="Runs on">
            <Uuid id={node} />
          </Row>
        )}
        <Row name="Holds">
          <Holds finding={finding} />
        </Row>
        {way_out !== null && <Row name="Way out">{way_out}</Row>}
        {since !== null && <Row name="Since">{since.slice(0, 19).replace("T", " ")} UTC</Row>}
      </dl>
      {finding.repairable && <Release finding={finding} />}
    </li>
  );
}

/// The task that the audit's own repair would be.
function Release({ finding: { server, consumer } }: { finding: Found }) {
  const [command, setCommand] = useState<Command>();
  const [open, setOpen] = useState(false);
  const show = () => {
    setCommand(releaseOf(server, consumer, "Release it", "The rules give back or delete what is left over, as the audit's repair does."));
    setOpen(true);
  };
  return (
    <>
      <button type="button" title="It is rehearsed first, and sent only after a confirmation." onClick={show}>
        Release it...
      </button>
      <Act open={open} close={() => setOpen(false)} command={command} />
    </>
  );
}

function Settled({ finding }: { finding: Found }) {
  const by = remedy(finding);
  const looks = { repairable: "badge good", "a person": "badge warn", "another audit": "tag", "--repair-unknown": "tag" }[by];
  return <span class={looks}>{by}</span>;
}

/// Who holds it, and for whom. The holder is a migration record, a server, or a consumer that nova does not know.
function Consumers({ finding }: { finding: Found }) {
  const { consumer, server, status, owner } = finding;
  const migration = migrationOf(finding);
  const known = isKnown(finding);
  return (
    <>
      <Row name={known ? "Server" : "Consumer"}>
        <Uuid id={server} />
        {known && consumer === server && <span class="tag">holds it</span>}
      </Row>
      {migration !== null && (
        <Row name="Migration">
          <Uuid id={migration} />
          {status !== null && <span class="tag">{status}</span>}
          {consumer === migration && <span class="tag">holds it</span>}
        </Row>
      )}
      {owner && (
        <Row name="Owner">
          <span>
            project <code>{owner.project}</code>, user <code>{owner.user}</code>
            {owner.consumer_type && `, type ${owner.consumer_type}`}
          </span>
        </Row>
      )}
    </>
  );
}

function isKnown({ why }: Found): boolean {
  return why !== "unknown-to-nova";
}

function migrationOf({ consumer, server, migration }: Found): string | null {
  return migration ?? (consumer === server ? null : consumer);
}

function namesOf(finding: Found): Names {
  const migration = migrationOf(finding);
  return new Map(isKnown(finding) ? [[finding.server, "the server"], ...(migration ? [[migration, "the migration"] as const] : [])] : []);
}

function Holds({ finding: { allocations, extra_providers } }: { finding: Found }) {
  return (
    <>
      {allocations.map(({ provider, resources }) => (
        <div key={provider}>
          <span>
            {amounts(Object.fromEntries(resources.map(({ class: name, amount }) => [name, amount])))} <span class="faint">of</span>
          </span>
          <Uuid id={provider} />
          {extra_providers.includes(provider) && <span class="tag gone">should not</span>}
        </div>
      ))}
    </>
  );
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/// A whole UUID, which one click selects.
export function Uuid({ id }: { id: string }) {
  return <code class="uuid">{id}</code>;
}
