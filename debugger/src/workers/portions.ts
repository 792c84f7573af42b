// An exploration in portions, so that the page sees how far it has come.
import type { Change, NextStep, Source } from "../rules/types";

export interface Exploration {
  id: number;
  policy: string;
  source: Source;
  changes: Change[];
  from: number;
  most: number;
}

const PORTION = 200;

export function portions(rules: typeof import("#module/full/swaparoo_debugger.js"), asked: Exploration, given: NextStep | undefined): void {
  const exploration = new rules.Exploration(asked.source, asked.policy, asked.changes, asked.from, asked.most, given);
  for (;;) {
    const answer = exploration.run(PORTION);
    postMessage({ id: asked.id, answer });
    // Who asked ends the worker to stop it, so nothing has to be heard in between.
    if (answer.done) return;
  }
}
