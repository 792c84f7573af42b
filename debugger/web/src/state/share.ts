// The whole state as a link or a file. A link contains it compressed in the fragment, which is not sent to a server.
import { BUILT_IN } from "../rules/types";
import { type Document, type Fork, withRecorded } from "./document";

const FORMAT = "swaparoo-debugger/1";
/// Chat and mail programs cut longer addresses, so a file is better then.
export const LONGEST_LINK = 8_000;
/// Larger than any real state. The limit is needed because a small link can unpack to gigabytes.
const LARGEST = 16 * 1024 * 1024;
/// The first byte of the form with a checksum, which a changed link does not pass.
const ZLIB = 0x78;

export function toText(document: Document): string {
  return `${JSON.stringify({ format: FORMAT, document }, null, 1)}\n`;
}

export async function toFragment(document: Document): Promise<string> {
  return `#s=${await packState(document)}`;
}

export function packState(document: Document): Promise<string> {
  return pack({ format: FORMAT, document });
}

/// The state in a link: the part after `s=`.
export async function fromPacked(packed: string): Promise<Document> {
  return fromValue(await unpack(packed), "the link");
}

/// The courses in an address.
export async function forksFrom(packed: string, document: Document): Promise<Fork[]> {
  return fromValue({ format: FORMAT, document: { ...document, forks: await unpack(packed) } }, "the link").forks;
}

/// Any value as compressed text for an address.
export async function pack(value: unknown): Promise<string> {
  const packed = await through(new TextEncoder().encode(JSON.stringify(value)), new CompressionStream("deflate"), LARGEST);
  let text = "";
  for (const byte of packed) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpack(packed: string): Promise<unknown> {
  try {
    const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    // Links of before have no checksum.
    const form = bytes[0] === ZLIB ? "deflate" : "deflate-raw";
    return JSON.parse(new TextDecoder().decode(await through(bytes, new DecompressionStream(form), LARGEST)));
  } catch (error) {
    throw new Error("the link is cut or changed: its state cannot be unpacked; ask for a new link, or for a file", { cause: error });
  }
}

export function isState(value: unknown): boolean {
  return typeof value === "object" && value !== null && "format" in value && String(value.format).startsWith("swaparoo-debugger/");
}

export function fromValue(value: unknown, what: string): Document {
  const state = value as { format?: unknown; document?: Document };
  if (state?.format !== FORMAT) throw new Error(`${what} is a state of ${JSON.stringify(state?.format)}, and this page reads ${FORMAT}`);
  const document = state.document;
  const sound =
    typeof document?.title === "string" &&
    typeof document.origin === "string" &&
    typeof document.source === "object" &&
    Array.isArray(document.forks) &&
    document.forks.length > 0 &&
    document.forks.every((fork) => typeof fork?.id === "number" && typeof fork.name === "string" && Array.isArray(fork.changes) && isPolicy(fork.policy)) &&
    Number.isInteger(document.at) &&
    isBeside(document.beside ?? []) &&
    Number.isInteger(document.unavoidableAfter ?? 0);
  if (!document || !sound) throw new Error(`${what} has no valid state in it: a field is missing or has another type`);
  return withRecorded({ ...document, at: Math.max(0, document.at) });
}

function isBeside(beside: unknown): boolean {
  return Array.isArray(beside) && beside.every((one) => Number.isInteger(one?.after) && typeof one.actor === "string" && typeof one.what === "string");
}

function isPolicy(policy: unknown): boolean {
  const { kind, name, version, digest } = (policy ?? {}) as Record<string, unknown>;
  if (kind === "built-in") return BUILT_IN.some((known) => known === name);
  if (kind === "recorded") return [name, version, digest].every((part) => typeof part === "string");
  return kind === "component" && typeof name === "string" && typeof digest === "string";
}

async function through(bytes: Uint8Array, stream: GenericTransformStream, most: number): Promise<Uint8Array> {
  const reader = new Blob([bytes as BlobPart]).stream().pipeThrough(stream as TransformStream<Uint8Array, Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) throw new Error(`more than ${most} bytes`);
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let from = 0;
  for (const chunk of chunks) {
    all.set(chunk, from);
    from += chunk.length;
  }
  return all;
}

type GenericTransformStream = CompressionStream | DecompressionStream;
