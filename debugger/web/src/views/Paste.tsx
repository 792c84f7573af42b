import { signal } from "@preact/signals";
import { loadFull } from "../rules/module";
import type { Source, Task } from "../rules/types";
import { ofPasted } from "../state/document";
import { openDocument } from "../state/store";
import { tryTo } from "./App";

const UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
type Kind = "revert" | "replace" | "release";
const KINDS: { kind: Kind; text: string }[] = [
  { kind: "revert", text: "give the migration's allocations back to the server" },
  { kind: "replace", text: "give the server's allocations to the migration" },
  { kind: "release", text: "release what the migration should not hold" },
];

/// What is in the form: it stays when something else is opened.
const form = signal({ server: "", migration: "", held: { server: "", migration: "" }, exists: "present", kind: "revert" as Kind });

function set(part: Partial<typeof form.value>): void {
  form.value = { ...form.value, ...part };
}

/// Pasted answers of Placement, and a task to try on them.
export function Paste() {
  const { server, migration, held, exists, kind } = form.value;
  const open = async () => {
    const source: Source = { kind: "pasted", task: task(kind, server, migration), answers: { [server]: held.server, [migration]: held.migration }, server: exists };
    const rules = await loadFull();
    rules.taskOf(source);
    openDocument(ofPasted(`${kind} of ${server.slice(0, 8)}`, source));
  };
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
        <Consumer name="Server" id={server} setId={(server) => set({ server })} held={held.server} setHeld={(text) => set({ held: { ...held, server: text } })} />
        <Consumer name="Migration" id={migration} setId={(migration) => set({ migration })} held={held.migration} setHeld={(text) => set({ held: { ...held, migration: text } })} />
        <label class="choice">
          <span>nova says the server</span>
          <select value={exists} onChange={(event) => set({ exists: event.currentTarget.value })}>
            <option value="present">exists</option>
            <option value="deleting">is being deleted</option>
            <option value="gone">is deleted</option>
            <option value="unknown">nothing (it does not answer)</option>
          </select>
        </label>
        <label class="choice">
          <span>Try</span>
          <select value={kind} onChange={(event) => set({ kind: event.currentTarget.value as Kind })}>
            {KINDS.map((one) => (
              <option key={one.kind} value={one.kind}>
                {one.kind}: {one.text}
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
  }
}
