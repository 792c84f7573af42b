// Helpers for acting from the page at a service that asks for tokens.

import type { Locator, Page } from "@playwright/test";

import { HOLDERS, Serve, test as base, TOKENS, expect } from "./serve";

export const [FIRST, SECOND] = HOLDERS as [string, string];
export const live = (page: Page) => page.getByRole("region", { name: "At the service" });
export const acts = (page: Page) => live(page).getByRole("group", { name: "Try, and then do" });
export const rehearsal = (dialog: Locator) => dialog.getByRole("region", { name: "Rehearsal" });

/** A service that asks for tokens. */
export const test = base.extend<{ serve: Serve }>({
  serve: async ({}, use) => {
    const serve = await Serve.startWithTokens();
    await use(serve);
    await serve.stop();
  },
});

/** What the page sends that changes something. */
export function changes(page: Page): { path: string; key: string | undefined; body: unknown }[] {
  const sent: { path: string; key: string | undefined; body: unknown }[] = [];
  page.on("request", (request) => {
    if (request.method() === "GET") return;
    sent.push({ path: new URL(request.url()).pathname, key: request.headers()["idempotency-key"], body: request.postDataJSON() });
  });
  return sent;
}

/** Opens a task with a token of this role. */
export async function open(page: Page, serve: Serve, id: string, role: keyof typeof TOKENS = "tasks"): Promise<void> {
  await page.addInitScript((token) => sessionStorage.setItem("swaparoo-token", token), TOKENS[role]);
  await page.goto(`${serve.url}/#task=${id}`);
  await expect(live(page)).toContainText(id);
}

export async function act(page: Page, name: string): Promise<Locator> {
  await acts(page).getByRole("button", { name: `${name}...` }).click();
  return page.getByRole("dialog", { name });
}

/** The field in which the server is named. */
export const nameField = (dialog: Locator) => dialog.getByRole("textbox", { name: /for real/ });

/** Names the server, and sends. */
export async function send(dialog: Locator): Promise<void> {
  const server = await dialog.locator(".confirm .uuid").innerText();
  await nameField(dialog).fill(server.slice(0, 8));
  await dialog.getByRole("button", { name: /^Send:/ }).click();
}

export const waits = (serve: Serve, server: string = crypto.randomUUID()) => serve.task({ kind: "revert", server, migration: SECOND });

export const failed = (serve: Serve, server: string) => serve.failedTask(server, SECOND);
