import { signal } from "@preact/signals";
import { access, asAnswer, held as heldNow } from "../acting";
import { loadFull } from "../rules/module";
import type { Source, Task } from "../rules/types";
import { consumersOf } from "../state/commands";
import { ofPasted } from "../state/document";
import { migrationIs, STATUSES } from "../state/rehearsal";
import { openDocument } from "../state/store";
import { tryTo } from "./App";

const UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const IS_UUID = new RegExp(`^${UUID}$`);
type Kind = "revert" | "replace" | "release" | "release-server";
const KINDS: { kind: Kind; text: string }[] = [
  { kind: "revert", text: "give the migration's allocations back to the server" },
  { kind: "replace", text: "give the server's allocations to the migration" },
  { kind: "release", text: "release what the migration should not hold" },
  { kind: "release-server", text: "release what the server should not hold" },
];

/// What is in the form: it stays when something else is opened.
const form = signal({ server: "", migration: "", held: { server: "", migration: "" }, exists: "present", kind: "revert" as Kind, status: "error", readAt: "" });

function set(part: Partial<typeof form.value>): void {
  form.value = { ...form.value, ...part };
}

/// Pasted answers of Placement, and a task to try on them.
export function Paste() {
  const { server, migration, held, exists, kind, status, readAt } = form.value;
  const open = async () => {
    const tried = task(kind, server, migration);
    const texts: Record<string, string> = { [migration]: held.migration, [server]: held.server };
    const answers = Object.fromEntries(consumersOf(tried).map((id) => [id, texts[id] ?? ""]));
    const source: Source = { kind: "pasted", task: tried, answers, server: exists };
    const rules = await loadFull();
    rules.taskOf(source);
    const document = ofPasted(`${tried.kind} of ${server.slice(0, 8)}`, source);
    const changes = kind === "release" ? [migrationIs(tried, status)] : [];
    openDocument({ ...document, forks: document.forks.map((fork) => ({ ...fork, changes })) });
  };
  const read = async () => {
    const text = async (id: string) => (id === "" ? "" : asAnswer(await heldNow(id)));
    const [ofServer, ofMigration] = await Promise.all([text(server), text(migration)]);
    set({ held: { server: ofServer, migration: ofMigration }, readAt: new Date().toISOString().slice(11, 19) });
  };
  const isServers = kind === "release-server";
  return (
    <>
      <p>
        Paste answers of <code>GET /allocations/UUID</code>, or what <code>openstack resource provider allocation show UUID -f json</code> prints; leave the field empty if it holds nothing.
      </p>
      <form
        class="paste"
        onSubmit={(event) => {
          event.preventDefault();
          void tryTo(open);
        }}
      >
        <Consumer name="Server" id={server} setId={(server) => set({ server, readAt: "" })} held={held.server} setHeld={(text) => set({ held: { ...held, server: text }, readAt: "" })} />
        {!isServers && (
          <Consumer name="Migration" id={migration} setId={(migration) => set({ migration, readAt: "" })} held={held.migration} setHeld={(text) => set({ held: { ...held, migration: text }, readAt: "" })} />
        )}
        {access.value && (
          <p>
            <button type="button" disabled={!IS_UUID.test(server)} onClick={() => void tryTo(read)}>
              Read it in Placement, through the service
            </button>{" "}
            {readAt !== "" && <span class="faint">read at {readAt} UTC</span>}
          </p>
        )}
        <label class="choice">
          <span>nova says the server</span>
          <select value={exists} onChange={(event) => set({ exists: event.currentTarget.value })}>
            <option value="present">exists</option>
            <option value="deleting">is being deleted</option>
            <option value="gone">is deleted</option>
            <option value="unknown">nothing (it does not answer)</option>
          </select>
        </label>
        {kind === "release" && (
          <label class="choice">
            <span>and the migration is</span>
            <select value={status} onChange={(event) => set({ status: event.currentTarget.value })}>
              {STATUSES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
        <label class="choice">
          <span>Try</span>
          <select value={kind} onChange={(event) => set({ kind: event.currentTarget.value as Kind })}>
            {KINDS.map((one) => (
              <option key={one.kind} value={one.kind}>
                {one.kind.replace("-server", "")}: {one.text}
              </option>
            ))}
          </select>
        </label>
        <div class="buttons">
          <button type="submit">Open</button>
        </div>
      </form>
    </>
  );
}

interface ConsumerProps {
  name: string;
  id: string;
  setId: (id: string) => void;
  held: string;
  setHeld: (text: string) => void;
}

function Consumer({ name, id, setId, held, setHeld }: ConsumerProps) {
  return (
    <fieldset>
      <legend>{name}</legend>
      <label class="stack">
        <span>UUID</span>
        <input required pattern={UUID} title="a UUID with dashes" spellcheck={false} value={id} onInput={(event) => setId(event.currentTarget.value.trim().toLowerCase())} />
      </label>
      <label class="stack">
        <span>Allocations</span>
        <textarea class="code" rows={3} spellcheck={false} value={held} onInput={(event) => setHeld(event.currentTarget.value)} />
      </label>
    </fieldset>
  );
}

function task(kind: Kind, server: string, migration: string): Task {
  switch (kind) {
    case "revert":
      return { kind, server, migration };
    case "replace":
      return { kind, server, migration, source_node: null };
    case "release":
      return { kind, server, consumer: migration };
    case "release-server":
      return { kind: "release", server, consumer: server };
  }
}
