// The page's elements by role and name, and the files that the tests open.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, type Locator, type Page } from "@playwright/test";

const POLICIES = process.env.SWAPAROO_POLICIES ?? fileURLToPath(new URL("../../../target/policies", import.meta.url));

/** A policy's component, such as `standard` or `hostile/loops`. */
export function component(name: string): string {
  return join(POLICIES, `${name}.wasm`);
}

export function exchanges(page: Page): Locator {
  return page.getByRole("region", { name: "Exchanges" });
}

export function holds(page: Page): Locator {
  return page.getByRole("region", { name: "Who holds what" });
}

export function why(page: Page): Locator {
  return page.getByRole("region", { name: "Why" });
}

export function verdict(page: Page): Locator {
  return page.getByRole("region", { name: "How it ends" });
}

/** The page's position in the history, as in `3 / 18`. */
export function place(page: Page): Locator {
  return page.getByRole("group", { name: "Where in the history" }).getByRole("status");
}

/** The runs side by side. */
export function runs(page: Page): Locator {
  return page.getByRole("group", { name: "Courses" });
}

export async function openScenario(page: Page, site: string, title: RegExp): Promise<void> {
  await page.goto(site);
  await page.getByRole("button", { name: title }).click();
  await expect(exchanges(page)).toBeVisible();
}

/** Goes to an exchange by a click in the timeline. */
export async function goTo(page: Page, exchange: number): Promise<void> {
  await exchanges(page).getByRole("listitem").nth(exchange).getByRole("button").click();
  await expect(place(page)).toHaveText(new RegExp(`^${exchange} /`));
}

/** Opens the dialog at an exchange, chooses what happens, and forks. */
export async function fork(page: Page, exchange: number, what: string | RegExp): Promise<void> {
  await goTo(page, exchange);
  await page.getByRole("button", { name: "What if..." }).click();
  const dialog = page.getByRole("dialog", { name: /What if/ });
  await dialog.getByRole("radio", { name: what }).first().check();
  await dialog.getByRole("button", { name: "Fork here" }).click();
  await expect(dialog).toBeHidden();
}

/** The form for answers of Placement, opened. */
export async function paste(page: Page): Promise<Locator> {
  const form = page.getByRole("region", { name: "What Placement says" });
  await form.getByText("paste it, and try a repair on it").click();
  return form;
}

/** The tasks of the service on the first page. */
export function tasks(page: Page): Locator {
  return page.getByRole("region", { name: /^Tasks/ });
}

export function overTime(page: Page): Locator {
  return page.getByRole("region", { name: "Holding over time" });
}

export interface GivenFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export function file(name: string, content: string | Uint8Array): GivenFile {
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(content) };
}

/** Chooses a file while nothing is open. */
export async function pick(page: Page, given: string | GivenFile): Promise<void> {
  await page.getByLabel("A record, a state or a policy").setInputFiles(given);
}

/** Drops a file on the page as the browser does. */
export async function drop(page: Page, name: string, content: Uint8Array): Promise<void> {
  const carried = await page.evaluateHandle(
    ({ name, base64 }) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    { name, base64: Buffer.from(content).toString("base64") },
  );
  await page.locator("body > #app > *").dispatchEvent("dragover", { dataTransfer: carried });
  await page.locator("body > #app > *").dispatchEvent("drop", { dataTransfer: carried });
}

/** Clicks the button and writes the file that the page offers to `to`. */
export async function saved(page: Page, button: string, to: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  const from = await (await download).path();
  writeFileSync(to, readFileSync(from));
  return to;
}

/** Collects the errors that the page reports only in the console. */
export function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on("console", (message) => message.type() === "error" && heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(error.message));
  return heard;
}
