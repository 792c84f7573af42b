// Short names for the UUIDs of a run. Texts of the rules contain UUIDs; for display, each is replaced by its name.
import type { RunView } from "../rules/types";
import { amount } from "./holdings";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

export type Names = ReadonlyMap<string, string>;

export function namesOf(run: RunView): Names {
  const names = new Map<string, string>();
  for (const provider of run.providers) {
    names.set(provider.id, provider.name === provider.id ? `provider ${provider.id.slice(0, 8)}` : provider.name);
  }
  const seen = new Map<string, number>();
  for (const snapshot of run.snapshots) {
    for (const { id, role: kind } of snapshot.consumers) {
      if (names.has(id)) continue;
      const role = { server: "the server", migration: "the migration", rival: "the other migration" }[kind] ?? "a neighbour";
      const count = (seen.get(role) ?? 0) + 1;
      seen.set(role, count);
      names.set(id, count === 1 ? role : `${role} ${count}`);
    }
  }
  return names;
}

export type Part = { text: string } | { id: string; name: string };

/// Splits a text into plain text and the ids that have a name.
export function parts(text: string, names: Names): Part[] {
  const words = readable(text);
  const found: Part[] = [];
  let from = 0;
  for (const match of words.matchAll(UUID)) {
    const [id] = match;
    const name = names.get(id) ?? id.slice(0, 8);
    // Avoids "server the server".
    const before = words.slice(from, match.index).replace(/(server|migration) $/, (word) => (name.includes(word.trim()) ? "" : word));
    if (before) found.push({ text: before });
    found.push({ id, name });
    from = match.index + id.length;
  }
  if (from < words.length) found.push({ text: words.slice(from) });
  return found;
}

const ID = UUID.source;
const HELD = new RegExp(`(GET|PUT) /allocations/(${ID})(?: \\2 gets(?= )|(?= nothing,))?`, "g");
const TRAITS = new RegExp(`GET /resource_providers/(${ID})/traits`, "g");
const AMOUNT = /\b(\d+) (MEMORY_MB|DISK_GB)\b/g;

/// A request in words, since a path with a name in it is none; and amounts as everywhere on the page.
function readable(text: string): string {
  return text
    .replace(HELD, (whole, method: string, id: string) => `${method} allocations of ${id}${whole.endsWith(id) && method === "GET" ? "" : ":"}`)
    .replace(TRAITS, "GET traits of $1")
    .replace(/^POST \/allocations /, "POST allocations: ")
    .replace(AMOUNT, (_, value: string, name: string) => amount(name, Number(value)));
}
