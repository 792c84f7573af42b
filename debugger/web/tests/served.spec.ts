// The page as the service serves it: all files come from the service, and its Content-Security-Policy blocks nothing.

import { expect, test } from "./serve";

test("the page is complete and sends no request to another server", async ({ page, serve }) => {
  const wrong: string[] = [];
  const elsewhere: string[] = [];
  // The browser reports each answer 404 as an error; this service does no audits, and says so.
  const noAudits = `${serve.url}/v1/audit`;
  page.on("console", (message) => message.type() === "error" && message.location().url !== noAudits && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("requestfailed", (request) => wrong.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${serve.url}/`)) elsewhere.push(request.url());
  });

  const answer = await page.goto(serve.url);
  await expect(page).toHaveTitle(/Swaparoo/);
  await expect(page.locator("#app")).not.toBeEmpty();
  await page.waitForLoadState("networkidle");
  expect(wrong).toEqual([]);
  expect(elsewhere).toEqual([]);
  const headers = answer?.headers() ?? {};
  expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
  expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(await page.evaluate(() => document.compatMode)).toBe("CSS1Compat");
});

test("what the page's policy forbids does not happen", async ({ page, serve }) => {
  await page.goto(serve.url);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'it ran'";
    document.head.append(script);
    return document.title;
  });
  expect(ran).not.toBe("it ran");
  const reached = page.evaluate(() => fetch("http://127.0.0.1:9/").then(() => "reached", (error) => String(error)));
  expect(await reached).toContain("Failed to fetch");
});

test("it can read tasks without a token on this machine", async ({ page, serve }) => {
  const ids = ["1", "2"].map((last) => `c0ffee00-0000-0000-0000-00000000000${last}`);
  const task = await serve.task({ kind: "move", source: ids[0], target: crypto.randomUUID(), target_is_new: true });
  await page.goto(serve.url);
  const listed = await page.evaluate(async () => (await fetch("/v1/tasks")).json());
  expect(listed.tasks.map((listed: { id: string }) => listed.id)).toEqual([task.id]);
});
