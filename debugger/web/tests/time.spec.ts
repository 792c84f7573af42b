// Who holds what over a whole run, and the requests as a sequence diagram.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { exchanges, file, goTo, openScenario, overTime, pick, place } from "./page";
import { expect, HOLDERS, test } from "./serve";

test("a strip for each consumer is filled while it holds, and red where it should not", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  const strips = overTime(page).getByRole("img");
  await expect(strips.nth(2)).toHaveAccessibleName(
    "from the beginning to 8: 2 GiB + 2 VCPU; from exchange 9 to 16: nothing; from exchange 17 to 17: 2 GiB + 2 VCPU, and should not",
  );
  await expect(strips.nth(3)).toHaveAccessibleName("from the beginning to 8: nothing; from exchange 9 to 16: 2 GiB + 2 VCPU; from exchange 17 to 17: nothing");
  await expect(strips.nth(2).locator(".wrong")).toHaveCount(1);
  await expect(strips.nth(3).locator(".wrong")).toHaveCount(0);
  await expect(overTime(page).getByText("the server is deleted")).toBeAttached();
  await expect(overTime(page).getByText("the first harm, at exchange 17")).toBeAttached();
  await expect(strips.nth(1)).toHaveAccessibleName(/10 requests: 9 answered, 1 refused, 0 without an answer/);

  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
  await expect(overTime(page).locator(".wrong:visible")).toHaveCount(1);
  await expect(strips.locator(".wrong")).toHaveCount(0);
});

test("what a server lacks, what a person must look at and what was not read look different", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await expect(overTime(page).getByRole("img").locator(".lacks")).toHaveText("lacks 2 GiB + 2 VCPU");

  const record = JSON.parse(readFileSync(fileURLToPath(new URL("../../../tests/records/conductor-killed-nova-34.json", import.meta.url)), "utf8"));
  await page.goto(site);
  await pick(page, file("record.json", JSON.stringify({ ...record, history: record.history.slice(0, 4) })));
  await expect(overTime(page).getByRole("img", { name: "from the beginning to 4: not asked" })).toBeVisible();
});

test("the cursor follows the slider, and a click or a drag in the strips moves both", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await goTo(page, 9);
  const cursor = overTime(page).locator(".strip-cursor i");
  const holds = overTime(page).getByRole("img").nth(3).locator(".holds");
  const [at, began] = [await cursor.boundingBox(), await holds.boundingBox()];
  expect(Math.abs((at?.x ?? 0) - (began?.x ?? -9))).toBeLessThan(1.5);

  const area = await overTime(page).locator(".strip-cursor").boundingBox();
  if (!area) throw new Error("the strips have no box");
  const x = (place: number) => area.x + (area.width * (place + 0.5)) / 18;
  await page.mouse.click(x(13), area.y + 5);
  await expect(place(page)).toHaveText("13 / 17");
  await page.mouse.down();
  await page.mouse.move(x(15), area.y + 5);
  await page.mouse.move(x(17), area.y + 5);
  await page.mouse.up();
  await expect(place(page)).toHaveText("17 / 17");
  await page.goBack();
  await expect(place(page)).toHaveText("13 / 17");
});

test("a task of the service is shown to scale by time, too", async ({ page, serve }) => {
  const task = await serve.task({ kind: "move", source: HOLDERS[0], target: crypto.randomUUID(), target_is_new: true });
  const record = await (await fetch(`${serve.url}/v1/tasks/${task.id}/record`)).json();
  record.times = [
    { asked_ms: 100, answered_ms: 200 },
    { asked_ms: 800, answered_ms: 1000 },
  ];
  await page.goto(serve.url);
  await pick(page, file("record.json", JSON.stringify(record)));
  const requests = overTime(page).locator(".request");
  await expect(requests).toHaveCount(2);
  const lengths = async () => (await Promise.all((await requests.all()).map((one) => one.boundingBox()))).map((box) => box?.width ?? 0);
  const [first, second] = (await lengths()) as [number, number];
  expect(second / first).toBeCloseTo(1, 1);
  await overTime(page).getByRole("button", { name: "by time" }).click();
  const [short, long] = (await lengths()) as [number, number];
  expect(long / short).toBeCloseTo(2, 1);
  await expect(overTime(page).getByText("seconds")).toBeVisible();

  // The scale is part of the address.
  await expect(page).toHaveURL(/&scale=time/);
  await page.reload();
  await expect(overTime(page).getByRole("button", { name: "by time" })).toHaveAttribute("aria-pressed", "true");
  await page.goBack();
  await expect(overTime(page).getByRole("button", { name: "by exchange" })).toHaveAttribute("aria-pressed", "true");
  await expect(page).not.toHaveURL(/scale=/);
});

test("done, refused and lost have different forms in the sequence diagram", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  const arrows = (at: number) => exchanges(page).getByRole("listitem").nth(at).locator("svg.arrows");
  const drawing = (at: number) => arrows(at).evaluate((svg) => [...svg.querySelectorAll(".back, text")].map((part) => part.getAttribute("d") ?? part.textContent).join(" "));
  // Both to nova; the request has its head at the right.
  const [done, refused] = [await drawing(12), await drawing(13)];
  expect(done).not.toBe(refused);
  await expect(arrows(13).locator(".cross")).toHaveCount(1);
  await expect(arrows(12).locator(".cross")).toHaveCount(0);
  await expect(exchanges(page).getByRole("listitem").nth(15)).toContainText("2 at once");

  await openScenario(page, site, /The answer to the swap is lost/);
  const lost = exchanges(page).getByRole("listitem").nth(9).locator("svg.arrows");
  await expect(lost.locator("text")).toHaveText("?");
  // The answer has no head: it does not arrive.
  await expect(lost.locator(".back.head")).toHaveCount(0);
  expect(await lost.locator(".back").evaluate((line) => getComputedStyle(line).strokeDasharray)).not.toBe("none");
});

test("on a phone the strips stand for lanes and bars", async ({ page, site }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openScenario(page, site, /Bug 1848343/);
  await expect(overTime(page)).toBeInViewport();
  await expect(overTime(page).getByRole("img").nth(2)).toBeVisible();
  await expect(exchanges(page).locator("svg.arrows").first()).toBeHidden();
  await expect(page.locator(".providers")).toBeHidden();
  const box = await overTime(page).locator(".strip-cursor").boundingBox();
  if (!box) throw new Error("the strips have no box");
  await overTime(page).locator(".strip-cursor").click({ position: { x: box.width - 3, y: 5 } });
  await expect(place(page)).toHaveText("17 / 17");
});
