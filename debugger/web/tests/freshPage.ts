// Puts a newer page in front of a service: with `SWAPAROO_PAGE`, the folder of a built page, its tests need no new program.
// Files are sent as the service sends them: compressed, and with the same Content-Security-Policy.

import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const KINDS: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".wasm": "application/wasm", ".svg": "image/svg+xml" };
const PAGE =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const COMPONENT = "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; connect-src 'self'";

/** Serves the page in `folder`, and everything else by the service at `url`. */
export async function freshPage(folder: string, url: string): Promise<{ url: string; server: Server }> {
  const server = createServer((asked, answer) => {
    const path = normalize(new URL(asked.url ?? "/", url).pathname);
    const file = join(folder, path === "/" ? "index.html" : path);
    if (extname(file) in KINDS && existsSync(file)) send(file, answer);
    else pass(url, asked, answer);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function send(file: string, answer: ServerResponse): void {
  const isCompressed = existsSync(`${file}.br`);
  answer.writeHead(200, {
    "content-type": KINDS[extname(file)],
    "content-security-policy": /\/component-[^/]*\.js$/.test(file) ? COMPONENT : PAGE,
    "cache-control": "no-cache",
    ...(isCompressed && { "content-encoding": "br" }),
  });
  answer.end(readFileSync(isCompressed ? `${file}.br` : file));
}

function pass(url: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { host } = new URL(url);
  const headers = { ...asked.headers, host, ...(asked.headers.origin && { origin: url }) };
  const passed = request(`${url}${asked.url}`, { method: asked.method, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on("error", () => answer.destroy());
  asked.pipe(passed);
}
