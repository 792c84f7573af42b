// The audits of the service on the start page. `answers/audit.json` is an answer of `GET /v1/audit` with everything in it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Locator, Page } from "@playwright/test";

import { exchanges } from "./page";
import { expect, HOLDERS, test } from "./serve";

const SERVER = "c0ffee00-0000-4000-8000-000000000001";
const RECORD = "c0ffee00-0000-4000-8000-000000000002";
const NODES = ["5a1d0000-0000-4000-8000-000000000001", "5a1d0000-0000-4000-8000-000000000002"];

interface Answer {
  every_seconds: number;
  age_seconds: number | null;
  failure: string | null;
  last: Last | null;
}

/** The parts that tests change. */
interface Last {
  complete: boolean;
  findings: { consumer: string }[];
  hidden: object[];
  others: object[];
  unchecked: object[];
  repairs: { task: string | null }[];
}

function whole(): Answer & { last: Last } {
  return JSON.parse(readFileSync(fileURLToPath(new URL("answers/audit.json", import.meta.url)), "utf8"));
}

/** An audit that has found nothing. */
function clean(): Answer & { last: Last } {
  const { last, ...rest } = whole();
  return { ...rest, failure: null, last: { ...last, complete: true, findings: [], hidden: [], others: [], unchecked: [], repairs: [] } };
}

/** Opens the start page of a service that answers so. */
async function audited(page: Page, site: string, answer: Answer): Promise<Locator> {
  await page.route("**/v1/audit", (route) => route.fulfill({ json: answer }));
  await page.goto(site);
  return page.getByRole("region", { name: "Audit" });
}

function finding(audit: Locator, why: string): Locator {
  return audit.getByRole("region", { name: "Findings" }).getByRole("listitem").filter({ hasText: why });
}

test("it says when it looked, at how many, what it could not check, and why the latest attempt failed", async ({ page, site }) => {
  const audit = await audited(page, site, whole());
  await expect(audit).toContainText("Every 15 minutes. 312 consumers looked at 3 minutes ago, 1 of other services. incomplete");
  await expect(audit).toContainText("Not checked: there may be more findings");
  await expect(audit).toContainText("resource provider 5a1d0000-0000-4000-8000-000000000004: Placement does not answer: operation timed out");
  await expect(audit).toContainText("The latest attempt could not compare Placement with nova: Keystone does not answer");
  await expect(audit.getByRole("heading", { name: "4 findings" })).toContainText("repairable: 1 a person: 2 --repair-unknown: 1");
});

test("each finding says who holds what, for whom, since when, and what settles it", async ({ page, site }) => {
  const audit = await audited(page, site, whole());
  const text = (why: string) => finding(audit, why).innerText().then((text) => text.replaceAll(/\s+/g, " "));
  await expect(finding(audit, "server-lost-it")).toBeVisible();
  expect(await text("server-lost-it")).toBe(
    `server-lost-it repairable the migration has ended and holds the allocations of the server: a repair gives them back Server ${SERVER} Migration ${RECORD} error holds it Runs on ${NODES[0]} Holds 20 GiB disk + 2 GiB + 2 VCPU of ${NODES[0]} Since 2026-11-25 10:00:00 UTC Release it...`,
  );
  expect(await text("evacuated")).toContain("Server c0ffee00-0000-4000-8000-000000000003 holds it Migration c0ffee00-0000-4000-8000-000000000004 done Runs on");
  expect(await text("evacuated")).toContain(`Holds 1 VCPU of ${NODES[0]} should not 1 VCPU of ${NODES[1]} Way out if that host never comes back: openstack --os-placement-api-version 1.28 resource provider allocation unset --provider ${NODES[0]} c0ffee00-0000-4000-8000-000000000003 Since 2026-11-24 22:13:05 UTC`);
  expect(await text("other-amounts")).toMatch(/a person the server holds other amounts than its flavor needs: 8 CPUs instead of 4 Server /);
  expect(await text("unknown-to-nova")).toMatch(/--repair-unknown drops its allocations Consumer c0ffee00-0000-4000-8000-000000000006 Owner project 4c1e\w+ ?, user 77aa\w+ ?, type unknown Holds/);
});

test("one click selects a whole UUID", async ({ page, site }) => {
  const audit = await audited(page, site, whole());
  await finding(audit, "server-lost-it").getByText(RECORD).click();
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(RECORD);
});

test("usage that no consumer explains is listed with its provider", async ({ page, site }) => {
  const audit = await audited(page, site, whole());
  await expect(audit.getByRole("listitem").filter({ hasText: "compute-3.rack-7.example.org" })).toHaveText(
    "1 GiB + 1 VCPU of compute-3.rack-7.example.org 5a1d0000-0000-4000-8000-000000000003",
  );
});

test("a repair opens its task", async ({ page, serve }) => {
  const task = await serve.task({ kind: "release", consumer: HOLDERS[0], server: crypto.randomUUID() });
  const answer = whole();
  const [first] = answer.last.repairs;
  if (first) first.task = task.id;
  const audit = await audited(page, serve.url, answer);
  await expect(audit.getByRole("listitem").filter({ hasText: "no task was accepted" })).toContainText(`not repaired server-lost-it of ${RECORD}`);
  const repair = audit.getByRole("button", { name: `release ${task.id.slice(-8)}` });
  await repair.focus();
  await page.keyboard.press("Enter");
  await expect(exchanges(page)).toBeVisible();
  await expect(page.getByText(`release ${task.id.slice(-8)}`)).toBeVisible();
});

test("a repair whose task is gone says so", async ({ page, site }) => {
  const audit = await audited(page, site, whole());
  await audit.getByRole("button", { name: "release 000000a8" }).click();
  await expect(page.getByRole("alert")).toContainText("01939c5e-1c2d-7000-8000-0000000000a8");
});

test("nothing found is said only of what was checked", async ({ page, site }) => {
  const audit = await audited(page, site, clean());
  await expect(audit).toContainText("Nothing is held that should not be.");
  const { last, ...rest } = clean();
  await audited(page, site, { ...rest, last: { ...last, complete: false, unchecked: whole().last.unchecked } });
  await expect(audit).toContainText("Nothing of what was checked is held that should not be.");
  await audited(page, site, { ...rest, last: { ...last, hidden: whole().last.hidden } });
  await expect(audit).toContainText("Usage that no consumer explains");
  await expect(audit).not.toContainText("Nothing");
});

test("before the first audit has ended", async ({ page, site }) => {
  const audit = await audited(page, site, { ...whole(), age_seconds: null, failure: null, last: null, every_seconds: 5400 });
  await expect(audit).toContainText("The first one has not ended yet.");
  await expect(audit).toContainText("Every 90 minutes.");
  await audited(page, site, { ...whole(), age_seconds: null, last: null });
  await expect(audit).toContainText("The latest attempt could not compare");
  await expect(audit).not.toContainText("The first one");
});

test("of thousands of findings the first hundred are shown, and the number of all", async ({ page, site }) => {
  const answer = whole();
  const [one] = answer.last.findings;
  answer.last.findings = Array.from({ length: 2_345 }, (_, at) => ({ ...one, consumer: `c0ffee00-0000-4000-8000-${String(at).padStart(12, "0")}` }));
  const audit = await audited(page, site, answer);
  await expect(audit.getByRole("heading", { name: "2345 findings" })).toBeVisible();
  await expect(finding(audit, "server-lost-it")).toHaveCount(100);
  await expect(audit).toContainText("and 2245 more");
});

test("a service without audits says how to have them, and is not asked again", async ({ page, serve }) => {
  let asked = 0;
  page.on("request", (request) => request.url().endsWith("/v1/audit") && asked++);
  await page.clock.install();
  await page.goto(serve.url);
  await expect(page.getByRole("region", { name: "Audit" })).toContainText("With audit.every it looks for leaked allocations by itself.");
  await page.clock.fastForward(120_000);
  await expect(page.getByRole("region", { name: /^Tasks/ })).toContainText("No task matches.");
  expect(asked).toBe(1);
});

test("it looks again, and keeps what it has shown while the service does not answer", async ({ page, site }) => {
  await page.clock.install();
  const audit = await audited(page, site, clean());
  await expect(audit).toContainText("Nothing is held that should not be.");
  await page.unroute("**/v1/audit");
  await page.route("**/v1/audit", (route) => route.abort());
  await page.clock.fastForward(31_000);
  await expect(audit.getByRole("alert")).toContainText("the service does not answer");
  await expect(audit).toContainText("Nothing is held that should not be.");
  await page.unroute("**/v1/audit");
  await page.route("**/v1/audit", (route) => route.fulfill({ json: whole() }));
  await page.clock.fastForward(31_000);
  await expect(finding(audit, "server-lost-it")).toBeVisible();
  await expect(audit.getByRole("alert")).toBeHidden();
});

test("it uses the token that is given for the tasks", async ({ page, site }) => {
  const refused = { status: 401, json: { errors: [{ status: 401, code: "swaparoo.unauthorized", title: "Unauthorized", detail: "a token is needed" }] } };
  const admits = (headers: Record<string, string>) => headers.authorization === "Bearer sesame";
  await page.route("**/v1/tasks?*", (route) => (admits(route.request().headers()) ? route.fallback() : route.fulfill(refused)));
  await page.route("**/v1/audit", (route) => route.fulfill(admits(route.request().headers()) ? { json: clean() } : refused));
  await page.goto(site);
  const audit = page.getByRole("region", { name: "Audit" });
  await expect(audit).toContainText("It needs the token of the tasks.");
  await page.getByLabel(/The service asks for a token/).fill("sesame");
  await page.getByRole("button", { name: "Use it" }).click();
  await expect(audit).toContainText("Nothing is held that should not be.");
  await expect(page.getByRole("region", { name: /^Tasks/ })).toContainText("No task matches.");
});
