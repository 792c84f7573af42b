// A random walk on the page, by real clicks and keys. A seed chooses it.

import { expect, type Locator, type Page } from "@playwright/test";

import { tasks } from "./page";

/** A generator of numbers from 0 to 1: mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An element that can be used now. */
interface Target {
  kind: "click" | "text" | "choice";
  name: string;
  x: number;
  y: number;
}

const KEYS = ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "Home", "End", "Escape", "Tab", "Shift+Tab", "Enter", "Space", "?", "/", "Control+z", "Control+y", "PageDown"];
const TEXTS = ["move", "c0ffee00", "zzz", "{", '{"kind":"server","state":"gone"}', "<img src=x onerror=alert(1)>", "\u202e\u0000 \u{1f980}", "%&?#=1"];
const WIDTHS = [1440, 1024, 390];

export class Walker {
  /** The actions so far, for a failure's message. */
  readonly steps: string[] = [];
  /** How often a change may have been sent: with the button or the key for it. */
  sends = 0;
  /** The changes that were confirmed in a dialog, by the button's name. */
  readonly confirmed: string[] = [];

  constructor(
    private readonly page: Page,
    private readonly next: () => number,
  ) {}

  async step(): Promise<void> {
    const by = this.next();
    if (by < 0.025) await this.act();
    else if (by < 0.66) await this.use();
    else if (by < 0.88) await this.press();
    else if (by < 0.96) await this.travel();
    else if (by < 0.98) await this.resize();
    else await this.note("reload", () => this.page.reload());
  }

  /** Goes to the first page by what the page offers. */
  async goBack(): Promise<void> {
    const dialog = this.page.getByRole("dialog");
    while (await dialog.isVisible()) {
      await this.page.keyboard.press("Escape");
      await expect(dialog).toBeHidden();
    }
    const back = this.page.getByRole("button", { name: "Back to all tasks" });
    if (await back.isVisible()) await back.click();
    await expect(tasks(this.page)).toBeVisible();
  }

  /** Opens a task of the list for which something can be done. False if it shows none. */
  async openTask(): Promise<boolean> {
    const rows = tasks(this.page).getByRole("row").filter({ hasText: /waiting|failed|parked/ });
    if (!(await appears(rows.first(), 2_000))) return false;
    await rows.nth(Math.floor(this.next() * (await rows.count()))).getByRole("link").first().click();
    return true;
  }

  private async use(): Promise<void> {
    const target = await this.page.evaluate(found, [this.next(), this.next()] as const);
    if (!target) return this.press();
    if (/^Send:/.test(target.name)) this.sends++;
    await this.note(`${target.kind} ${target.name}`, async () => {
      if (target.kind === "choice") return this.page.evaluate(choose, [target.x, target.y, this.next()] as const);
      await this.page.mouse.click(target.x, target.y);
      if (target.kind !== "text") return;
      await this.page.keyboard.press("Control+a");
      await this.page.keyboard.insertText(this.one(TEXTS));
    });
  }

  /** Sends a change as a person does: tries it, chooses a case, names the server. One time in five it names another one. */
  private async act(): Promise<void> {
    const buttons = this.page.getByRole("group", { name: "Try, and then do" }).getByRole("button");
    if ((await this.page.getByRole("dialog").isVisible()) || !(await buttons.first().isVisible())) {
      this.steps.push("to another task");
      await this.goBack();
      if (!(await this.openTask()) || !(await appears(buttons.first(), 5_000))) return;
    }
    const button = buttons.nth(Math.floor(this.next() * (await buttons.count())));
    const name = await button.innerText();
    await this.note(`act ${name}`, async () => {
      await button.click();
      const dialog = this.page.getByRole("dialog");
      await expect(dialog.getByRole("region", { name: "Rehearsal" }).or(dialog.getByText("Nothing changes but"))).toBeVisible({ timeout: 15_000 });
      const cases = await dialog.getByRole("radio").all();
      if (cases.length > 0) await this.one(cases).check();
      await this.confirm(dialog, name);
    });
  }

  private async confirm(dialog: Locator, name: string): Promise<void> {
    const server = await dialog.locator(".confirm .uuid").innerText();
    const send = dialog.getByRole("button", { name: /^Send:/ });
    const isRight = this.next() < 0.8;
    await dialog.getByRole("textbox", { name: /for real/ }).fill(isRight ? server.slice(0, 8 + Math.floor(this.next() * 29)) : crypto.randomUUID());
    if (!isRight) return expect(send).toBeDisabled();
    await expect(send).toBeEnabled();
    this.sends++;
    const request = this.page.waitForRequest((one) => one.method() === "POST");
    await this.page.keyboard.press("Enter");
    await request;
    this.confirmed.push(name);
    // It is done, or the dialog says why not.
    await expect(async () => expect((await dialog.isHidden()) || (await dialog.getByRole("alert").isVisible())).toBe(true)).toPass({ timeout: 20_000 });
  }

  private async press(): Promise<void> {
    const key = this.one(KEYS);
    if (await this.page.evaluate(sends, key)) this.sends++;
    await this.note(`key ${key}`, () => this.page.keyboard.press(key));
  }

  private async travel(): Promise<void> {
    const back = this.next() < 0.7;
    await this.note(back ? "back" : "forward", async () => {
      // A walk does not go back before its first place: there is a page of the browser's own.
      const go = (by: number): void => {
        const { navigation } = window as unknown as { navigation: { currentEntry: { index: number } | null } };
        if (by > 0 || (navigation.currentEntry?.index ?? 0) > 0) history.go(by);
      };
      // A place of another document takes the answer with it.
      await this.page.evaluate(go, back ? -1 : 1).catch(() => undefined);
      await this.page.waitForTimeout(30);
    });
  }

  private async resize(): Promise<void> {
    const width = this.one(WIDTHS);
    await this.note(`width ${width}`, () => this.page.setViewportSize({ width, height: 844 }));
  }

  private async note(what: string, act: () => Promise<unknown>): Promise<void> {
    this.steps.push(what);
    await act();
  }

  private one<Value>(among: readonly Value[]): Value {
    return among[Math.floor(this.next() * among.length)] as Value;
  }
}

function appears(what: Locator, timeout: number): Promise<boolean> {
  return what.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

/** Runs in the page: an element that can be used, and where. Of a dialog that is open, only its own. */
function found([which, where]: readonly [number, number]): Target | undefined {
  const root = document.querySelector("[role=dialog]") ?? document;
  const all = [...root.querySelectorAll<HTMLElement>("button:not(:disabled), a[href], summary, input:not(:disabled, [type=file]), select:not(:disabled), textarea, label.option")];
  const shown = all.filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 2);
  const element = shown[Math.floor(which * shown.length)];
  if (!element) return undefined;
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const { left, top, width, height } = element.getBoundingClientRect();
  // A slider is used anywhere, everything else in its middle.
  const part = element instanceof HTMLInputElement && element.type === "range" ? where : 0.5;
  const [x, y] = [left + width * part, top + height / 2];
  const hit = document.elementFromPoint(x, y);
  if (!hit || !(element.contains(hit) || hit.contains(element))) return undefined;
  const isText = element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && ["text", "search", "password"].includes(element.type));
  const name = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 60) || element.tagName;
  return { kind: element instanceof HTMLSelectElement ? "choice" : isText ? "text" : "click", name, x, y };
}

/** Runs in the page: whether the key sends the change of the open dialog. */
function sends(key: string): boolean {
  const focus = document.activeElement;
  const button = focus?.closest("form.act")?.querySelector("button.primary:not(:disabled)");
  if (!button || !focus) return false;
  return focus === button ? ["Enter", "Space"].includes(key) : key === "Enter" && focus instanceof HTMLInputElement;
}

/** Runs in the page: chooses an option. The browser's own list cannot be clicked in a test. */
function choose([x, y, which]: readonly [number, number, number]): void {
  const select = document.elementFromPoint(x, y)?.closest("select");
  if (!select) return;
  select.selectedIndex = Math.floor(which * select.options.length);
  select.dispatchEvent(new Event("input", { bubbles: true }));
  select.dispatchEvent(new Event("change", { bubbles: true }));
}
