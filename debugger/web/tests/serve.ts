// A running `swaparoo serve` for tests, with a Placement in a file, on a loopback port that the system chooses.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { test as base } from "@playwright/test";

import { freshPage } from "./freshPage";

export const PROGRAM = process.env.SWAPAROO_PROGRAM ?? fileURLToPath(new URL("../../../target/debug/swaparoo", import.meta.url));

/** A page to test instead of the one in the program. */
const PAGE = process.env.SWAPAROO_PAGE;

export const NODE = "5a1d0000-0000-0000-0000-000000000001";
/** Each holds 2 VCPU of the node. */
export const HOLDERS = ["c0ffee00-0000-0000-0000-000000000001", "c0ffee00-0000-0000-0000-000000000002"];

/** Tokens of services that ask for one, with their roles. */
export const TOKENS = { tasks: "the-token-of-the-operator", read: "the-token-of-the-reader", "tasks,read": "the-token-of-the-walker" };

export class Serve {
  /** The token of the requests of tests, if it asks for one. */
  private token: string | undefined;

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly process: ChildProcess,
    private readonly page?: Server,
  ) {}

  /** Starts it, with additional lines in its configuration. */
  static async start(more = ""): Promise<Serve> {
    const folder = mkdtempSync(join(tmpdir(), "swaparoo-debugger-"));
    writeFileSync(join(folder, "placement.json"), JSON.stringify(placement()));
    const lines = Object.entries(TOKENS).map(([role, token]) => `${role} ${token}`);
    writeFileSync(join(folder, "tokens"), lines.join("\n"), { mode: 0o600 });
    writeFileSync(join(folder, "swaparoo.toml"), `${CONFIG}${more}`);
    const process_ = spawn(PROGRAM, ["serve", "--config", "swaparoo.toml"], {
      cwd: folder,
      env: { ...process.env, XDG_CACHE_HOME: CACHE },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: process_.stdout })) {
      const url = /listening on (http:\S+)/.exec(line)?.[1];
      if (!url) continue;
      const fresh = PAGE ? await freshPage(PAGE, url) : undefined;
      return new Serve(fresh?.url ?? url, folder, process_, fresh?.server);
    }
    throw new Error(`${PROGRAM} ended before it listened`);
  }

  /** Starts it with `TOKENS`. */
  static async startWithTokens(more = ""): Promise<Serve> {
    const serve = await Serve.start(`auth = { tokens = "tokens" }\n${more}`);
    serve.token = TOKENS.tasks;
    return serve;
  }

  /** Sends a request, with the token. */
  async ask(path: string, method = "GET", body?: object): Promise<Response> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    return fetch(`${this.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  }

  /** Starts a task, and returns it when it has ended or waits for a reply. */
  async task(task: object): Promise<{ id: string; state: string }> {
    const answer = await this.ask("/v1/tasks?wait=30", "POST", task);
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  /** A revert that has failed, since nova could not say whether the server exists. */
  async failedTask(server: string, migration: string): Promise<{ id: string }> {
    const { id } = await this.task({ kind: "revert", server, migration });
    for (let round = 0; round < 10; round++) {
      const { waiting_for: waits, state } = await (await this.ask(`/v1/tasks/${id}?wait=5`)).json();
      if (state === "failed") return { id };
      for (const { index } of waits) await this.ask(`/v1/tasks/${id}/replies`, "POST", { index, reply: { kind: "server", state: "unknown" } });
    }
    throw new Error(`task ${id} does not fail`);
  }

  async stop(): Promise<void> {
    this.page?.closeAllConnections();
    this.page?.close();
    this.process.kill("SIGTERM");
    if (this.process.exitCode === null) await once(this.process, "exit");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Compiled policies are kept for all tests of this worker: compiling them takes a second at every start. */
const CACHE = mkdtempSync(join(tmpdir(), "swaparoo-debugger-cache-"));
process.on("exit", () => rmSync(CACHE, { recursive: true, force: true }));

const CONFIG = `
listen = { socket = "", tcp = "127.0.0.1:0" }
placement = { embedded = "placement.json" }
journal = { file = "journal.db" }
log = { filter = "warn" }
`;

function placement(): object {
  const allocations = { [NODE]: { VCPU: 2 } };
  const holding = { project_id: "project", user_id: "user", generation: 1, allocations };
  return {
    version: 1,
    providers: { [NODE]: { name: "node-1", generation: 2, inventories: { VCPU: { total: 16 } } } },
    consumers: Object.fromEntries(HOLDERS.map((consumer) => [consumer, holding])),
  };
}

/** A test with its own service, and `site`, the address of a shared service that serves the page. */
export const test = base.extend<{ serve: Serve }, { site: string }>({
  serve: async ({}, use) => {
    const serve = await Serve.start();
    await use(serve);
    await serve.stop();
  },
  site: [
    async ({}, use) => {
      const serve = await Serve.start();
      await use(serve.url);
      await serve.stop();
    },
    { scope: "worker" },
  ],
});

export { expect } from "@playwright/test";
