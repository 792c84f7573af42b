// A random walk on the page, by real clicks and keys. A seed chooses it.

import type { Page } from "@playwright/test";

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
  /** How often a change was sent on purpose. */
  sends = 0;

  constructor(
    private readonly page: Page,
    private readonly next: () => number,
  ) {}

  async step(): Promise<void> {
    const by = this.next();
    if (by < 0.66) await this.use();
    else if (by < 0.88) await this.press();
    else if (by < 0.96) await this.travel();
    else if (by < 0.98) await this.resize();
    else await this.note("reload", () => this.page.reload());
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

  private async press(): Promise<void> {
    const key = this.one(KEYS);
    // A key can press the button that has the focus.
    const focus = await this.page.evaluate(() => document.activeElement?.textContent ?? "");
    if (/^Send:/.test(focus) && ["Enter", "Space"].includes(key)) this.sends++;
    await this.note(`key ${key}`, () => this.page.keyboard.press(key));
  }

  private async travel(): Promise<void> {
    const back = this.next() < 0.7;
    await this.note(back ? "back" : "forward", async () => {
      // Before the first place of the walk there is another page, to which the answer is lost.
      await this.page.evaluate((by) => history.go(by), back ? -1 : 1).catch(() => undefined);
      await this.page.waitForTimeout(30);
      if (this.page.url() === "about:blank") await this.page.goForward();
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

/** Runs in the page: chooses an option. The browser's own list cannot be clicked in a test. */
function choose([x, y, which]: readonly [number, number, number]): void {
  const select = document.elementFromPoint(x, y)?.closest("select");
  if (!select) return;
  select.selectedIndex = Math.floor(which * select.options.length);
  select.dispatchEvent(new Event("input", { bubbles: true }));
  select.dispatchEvent(new Event("change", { bubbles: true }));
}
