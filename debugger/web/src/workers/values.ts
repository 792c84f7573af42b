// Converts the contract's values between JSON (as in a record) and jco's form. A variant is an object with `kind` and
// its fields in JSON, and `{ tag, val }` for jco; a field is in snake case in JSON, in camel case for jco; a missing
// value is null in JSON, and undefined for jco; a reason's data and a settings
// schema are objects in JSON, and JSON text for jco.

type Json = null | boolean | number | string | Json[] | { [field: string]: Json };

export function toComponent(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(toComponent);
  if (typeof value !== "object") return value;
  const { kind, ...fields } = value as { kind?: unknown; [field: string]: unknown };
  const entries = Object.entries(fields);
  const record = Object.fromEntries(entries.map(([field, of]) => [camel(field), toComponent(of)]));
  if (kind === undefined) return record;
  return entries.length > 0 ? { tag: kind, val: record } : { tag: kind };
}

/// An exchange; its times are missing in JSON if they were not measured, and 64-bit integers for jco.
export function exchangeToComponent(exchange: { effect: unknown; reply: unknown; asked_at?: number; answered_at?: number }): unknown {
  const { effect, reply, asked_at, answered_at } = exchange;
  return { effect: toComponent(effect), reply: toComponent(reply), askedAt: BigInt(asked_at ?? 0), answeredAt: BigInt(answered_at ?? 0) };
}

export function fromComponent(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return [...(value as unknown[])].map(fromComponent);
  if (typeof value !== "object") return value as Json;
  if ("tag" in value) {
    const { tag, val } = value as { tag: string; val?: unknown };
    return { kind: tag, ...(val === undefined ? {} : (fromComponent(val) as { [field: string]: Json })) };
  }
  return Object.fromEntries(Object.entries(value).map(([field, of]) => [snake(field), isData(field, of) ? (JSON.parse(of) as Json) : fromComponent(of)]));
}

/// Only a reason and a description have fields of these names.
function isData(field: string, value: unknown): value is string {
  return ["data", "settingsSchema"].includes(field) && typeof value === "string";
}

function camel(field: string): string {
  return field.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snake(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
