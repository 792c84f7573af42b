// Invalid files and links: the page reports each with a text, runs nothing of them, and still works.

import { spawnSync } from "node:child_process";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";

import type { Page } from "@playwright/test";

import { component, drop, exchanges, file, openScenario, pick, place, verdict } from "./page";
import { expect, HOLDERS, NODE, PROGRAM, test } from "./serve";

/** After each failure, a scenario still opens and steps. */
async function livesOn(page: Page): Promise<void> {
  const another = page.getByRole("button", { name: "Back to all tasks" });
  if (await another.isVisible()) await another.click();
  await page.getByRole("button", { name: /Bug 1848343/ }).click();
  await page.keyboard.press("ArrowRight");
  await expect(place(page)).toHaveText("1 / 17");
}

const RECORD = {
  format: "swaparoo-record/1",
  contract: "1.0.0",
  id: "c0ffee00-0000-4000-8000-000000000009",
  task: { kind: "move", source: HOLDERS[0], target: HOLDERS[1], target_is_new: true },
  policy: { name: "standard", version: "0.1.0", digest: "0".repeat(64) },
  history: [{ effect: { kind: "get-allocations", consumer: HOLDERS[0] }, reply: { kind: "holding", consumer: HOLDERS[0], owner: null, allocations: [] } }],
  end: { finished: { kind: "nothing-to-move" } },
};
const text = (changes: object) => JSON.stringify({ ...RECORD, ...changes });

const FILES: [string, string | Uint8Array, RegExp][] = [
  ["a record cut short", text({}).slice(0, 200), /neither a record nor a component/],
  ["no JSON at all", "# a letter\n", /neither a record nor a component/],
  ["an empty file", "", /neither a record nor a component/],
  ["JSON of something else", '{"name": "a package", "version": "1.0.0"}', /is not a record: missing field `format`/],
  ["null", "null", /is not a record/],
  ["a list", "[1, 2, 3]", /is not a record/],
  ["a record of another format", text({ format: "swaparoo-record/9" }), /swaparoo-record\/9/],
  ["a record of another contract", text({ contract: "7.0.0" }), /7\.0\.0/],
  ["a record with an effect that is none", text({ history: [{ effect: { kind: "reboot" }, reply: { kind: "done" } }] }), /unknown variant `reboot`/],
  ["a record with a consumer that is no UUID", text({ task: { kind: "move", source: "me", target: "you", target_is_new: true } }), /me/],
  ["a record with too few times", text({ times: [{ asked_ms: 1, answered_ms: 2 }, { asked_ms: 1, answered_ms: 2 }] }), /2 times for 1 exchanges/],
  ["a state of another version", '{"format": "swaparoo-debugger/9", "document": {}}', /swaparoo-debugger\/9/],
  ["a state with nothing in it", '{"format": "swaparoo-debugger/1", "document": {}}', /no valid state/],
  ["bytes", new Uint8Array([0, 255, 254, 1, 2, 3]), /neither a record nor a component/],
];

test("files that are no records are refused with a reason", async ({ page, site }) => {
  await page.goto(site);
  for (const [name, content, says] of FILES) {
    await test.step(name, async () => {
      await pick(page, file("given.json", content));
      await expect(page.getByRole("alert")).toContainText(says);
      await expect(page.getByRole("alert")).toContainText("given.json");
      await page.getByRole("button", { name: "Dismiss" }).click();
      await expect(page.getByRole("alert")).toBeHidden();
      await livesOn(page);
      await page.getByRole("button", { name: "Back to all tasks" }).click();
    });
  }
});

test("what has 100 MB is not read at all", async ({ page, site }, info) => {
  const path = info.outputPath("large.json");
  writeFileSync(path, "{");
  truncateSync(path, 100_000_000);
  await page.goto(site);
  await pick(page, path);
  await expect(page.getByRole("alert")).toContainText("large.json has 95 MiB; a record or a policy has at most 64");
  await livesOn(page);
});

test("a state whose source is hostile says so in the run's place", async ({ page, site }) => {
  const fork = { id: 1, name: "x", policy: { kind: "built-in", name: "standard" }, changes: [] };
  const document = { title: "t", origin: "o", source: { kind: "story", id: "none" }, open: false, forks: [fork], fork: 1, at: 0 };
  await page.goto(site);
  await pick(page, file("state.json", JSON.stringify({ format: "swaparoo-debugger/1", document })));
  await expect(page.getByRole("alert")).toContainText("no story is named");
  await livesOn(page);
});

test("HTML in names and titles is text", async ({ page, site }) => {
  const html = '<img src=x onerror="document.title=\'ran\'"><script>document.title="ran"</script>';
  const allocations = [{ provider: NODE, resources: [{ class: html, amount: 1 }] }];
  const owner = { project: html, user: html, generation: 1 };
  const history = [{ effect: { kind: "get-allocations", consumer: HOLDERS[0] }, reply: { kind: "holding", consumer: HOLDERS[0], owner, allocations } }];
  const heard: string[] = [];
  page.on("pageerror", (error) => heard.push(error.message));
  await page.goto(site);
  await pick(page, file(`${html.replaceAll("/", "")}.json`, text({ history })));
  await expect(exchanges(page)).toContainText("<img src=x onerror");
  await page.keyboard.press("ArrowRight");
  for (const view of ["Compare", "Explore", "Step"]) await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: view }).click();
  expect(await page.locator("img, script:not([src])").count()).toBe(0);
  await expect(page).not.toHaveTitle("ran");
  expect(heard).toEqual([]);
});

function link(bytes: Uint8Array): string {
  return `#s=${Buffer.from(deflateRawSync(bytes, { level: 9 })).toString("base64url")}`;
}

test("a link that unpacks to gigabytes is given up early", async ({ page, site }) => {
  // Two gigabytes of spaces would be a link of some two megabytes; a tenth of that tests the same.
  await page.goto(`${site}/${link(Buffer.alloc(200_000_000, " "))}`);
  await expect(page.getByRole("alert")).toContainText("the link is cut or changed");
  await livesOn(page);
});

for (const [name, fragment] of [
  ["cut", (whole: string) => whole.slice(0, whole.length / 2)],
  ["changed", (whole: string) => `${whole.slice(0, 40)}AAAA${whole.slice(44)}`],
] as const) {
  test(`a link that was ${name} says so`, async ({ page, site }) => {
    await openScenario(page, site, /Bug 1848343/);
    await page.getByRole("button", { name: "Share" }).click();
    const textbox = page.getByRole("textbox", { name: "Link" });
    await expect(textbox).toHaveValue(/#s=./);
    const hash = new URL(await textbox.inputValue()).hash;
    await page.goto("about:blank");
    await page.goto(`${site}/${fragment(hash)}`);
    await expect(page.getByRole("alert")).toContainText(/the link/);
    await livesOn(page);
  });
}

test("a link of something else says so", async ({ page, site }) => {
  await page.goto(`${site}/${link(Buffer.from('{"format":"other"}'))}`);
  await expect(page.getByRole("alert")).toContainText('the link is a state of "other"');
  await livesOn(page);
});

/** The shortest component and core module, as bytes. */
const CORE = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
/** A core module that imports a function, in a component that imports it from outside. */
const WITHIN = [...CORE, 1, 4, 1, 0x60, 0, 0, 2, 6, 1, 0, 1, 0x66, 0, 0];
const IMPORTS = new Uint8Array([
  ...EMPTY,
  ...[7, 5, 1, 0x40, 0, 1, 0], // the type of a function
  ...[10, 6, 1, 0, 1, 0x66, 1, 0], // an import, f
  ...[8, 5, 1, 1, 0, 0, 0], // lowered
  ...[1, WITHIN.length, ...WITHIN],
  ...[2, 13, 2, 1, 1, 1, 0x66, 0, 0, 0, 0, 1, 0, 0x12, 0], // and both put together
]);

for (const [name, bytes, says] of [
  ["a core module", CORE, /cannot be run as a policy/],
  ["a component that exports nothing", EMPTY, /it is a component, but no policy/],
  ["a component that imports a function", IMPORTS, /it imports f; a policy imports nothing/],
  ["a component cut short", readFileSync(component("standard")).subarray(0, 100_000), /cannot be run as a policy/],
  ["a component of another contract", readFileSync(component("hostile/describes_another_contract")), /it was built for the contract 2\.0\.0, and this page has 1\.0\.0/],
] as const) {
  test(`${name} is refused with a reason`, async ({ page, site }) => {
    await page.goto(site);
    await drop(page, "given.wasm", bytes);
    await expect(page.getByRole("alert")).toContainText(says, { timeout: 30_000 });
    await expect(page.getByRole("alert")).toContainText("given.wasm");
    await livesOn(page);
  });
}

test("a component that describes itself for ever is refused with a reason", async ({ page, site }) => {
  await page.clock.install();
  await page.goto(site);
  await drop(page, "given.wasm", readFileSync(component("hostile/describes_for_ever")));
  await expect(async () => {
    // The page's clock goes forward, so that the test does not wait for its timeout.
    await page.clock.fastForward(20_000);
    await expect(page.getByRole("alert")).toContainText(/gave no answer in 20 s, and was stopped/, { timeout: 1_000 });
  }).toPass();
  await expect(page.getByRole("alert")).toContainText("given.wasm");
  await livesOn(page);
});

/// An endless run reaches either bound first, depending on the machine.
const ENDLESS = /the rules come to no end in 2000 exchanges|gave no answer in 5 s, and was stopped/;

for (const [name, says] of [
  ["loops", /gave no answer in 5 s, and was stopped/],
  ["pauses_for_ever", ENDLESS],
  ["panics", /unreachable/],
  ["recurses", /call stack|stack/i],
  ["floods", ENDLESS],
  // Depending on the machine, the memory limit or the time limit is reached first.
  ["grows", /gave no answer in 5 s, and was stopped|unreachable/],
  ["means_nothing", /Invalid typed array length/],
  ["meddles", /asked for .* on .*, a consumer that its task does not name/],
  ["repeats_itself", ENDLESS],
] as const) {
  test(`a component that ${name.replaceAll("_", " ")} ends its own run, and nothing else`, async ({ page, site }) => {
    await openScenario(page, site, /Two tasks move the same/);
    await drop(page, `${name}.wasm`, readFileSync(component(`hostile/${name}`)));
    const said = page.getByRole("alert").or(verdict(page).filter({ hasText: "broken" })).or(verdict(page).filter({ hasNotText: "allocation-move-failed" }));
    await expect(said.first()).toContainText(says, { timeout: 40_000 });
    await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
    await expect(verdict(page)).toBeVisible();
    await livesOn(page);
  });
}

test("a component that meddles is explored no further than it may go", async ({ page, site }) => {
  await openScenario(page, site, /Two tasks move the same/);
  await drop(page, "meddles.wasm", readFileSync(component("hostile/meddles")));
  await expect(verdict(page)).toContainText("out-of-bounds", { timeout: 20_000 });
  await page.getByRole("button", { name: "Explore", exact: true }).click();
  await page.locator(".explore").getByRole("button", { name: "Explore", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText(/asked for .* on .*, a consumer that its task does not name/, { timeout: 20_000 });
  await livesOn(page);
});

test("the tests' own record is one", async ({ page, site }, info) => {
  await page.goto(site);
  await pick(page, file("given.json", text({})));
  await expect(exchanges(page)).toBeVisible();
  const path = info.outputPath("record.json");
  writeFileSync(path, text({}));
  expect(spawnSync(PROGRAM, ["replay", path]).status).not.toBe(2);
});
