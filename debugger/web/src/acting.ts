// What the page may change at the service that served it, and how it does. Only what a person has confirmed comes here.
import { effect, signal } from "@preact/signals";
import { request, token } from "./service";

/// What the client of a token may do, as `GET /v1/access` answers.
export interface Access {
  /// Its name in the service's log.
  user: string;
  roles: string[];
  /// Whether it may send changes from a web page.
  from_pages: boolean;
}

/// What a consumer holds in Placement.
export interface Held {
  consumer: string;
  /// None if it holds nothing.
  owner: { project: string; user: string; generation: number } | null;
  allocations: { provider: string; resources: { class: string; amount: number }[] }[];
}

/// None until the service has answered.
export const access = signal<Access | undefined>(undefined);

let asked: Promise<Access | undefined>;

effect(() => {
  void token.value;
  const mine = ask();
  asked = mine;
  access.value = undefined;
  void mine.then((answer) => asked === mine && (access.value = answer));
});

async function ask(): Promise<Access | undefined> {
  try {
    return (await (await request("/v1/access")).json()) as Access;
  } catch {
    // Without a token, or by an older service.
    return undefined;
  }
}

/// The service's answer, once it is there.
export function accessNow(): Promise<Access | undefined> {
  return asked;
}

/// Why this client may not act; none if it may.
export function whyNot(): string | undefined {
  const may = access.value;
  if (!may) return "the service has not said what this page may do";
  if (!may.from_pages) return "this service asks for no tokens, so it takes no changes from web pages: set auth.tokens, or copy the line below";
  if (may.roles.includes("tasks")) return undefined;
  return `this needs the role tasks; ${may.user} has ${may.roles.join(" and ") || "none"}`;
}

/// A key that makes a repeated request the same one. `randomUUID` is missing on a page that came over plain http.
export function newKey(): string {
  return `page-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/// Sends one change, and returns the answer's body, if it has one.
export async function send(method: "POST" | "DELETE", path: string, body: object | undefined, key: string): Promise<unknown> {
  const headers: Record<string, string> = { "idempotency-key": key };
  if (body) headers["content-type"] = "application/json";
  const answer = await request(path, undefined, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

/// What the consumer holds now. The service reads it in Placement.
export async function held(consumer: string): Promise<Held> {
  return (await (await request(`/v1/allocations/${encodeURIComponent(consumer)}`)).json()) as Held;
}

/// In the form in which Placement answers, which can be pasted.
export function asAnswer({ owner, allocations }: Held): string {
  if (allocations.length === 0) return "";
  const by = allocations.map(({ provider, resources }) => [provider, { resources: Object.fromEntries(resources.map(({ class: name, amount }) => [name, amount])) }]);
  return JSON.stringify({ allocations: Object.fromEntries(by), project_id: owner?.project, user_id: owner?.user, consumer_generation: owner?.generation });
}

