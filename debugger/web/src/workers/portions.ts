// An exploration in portions, so that the page can show its progress.
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
    // The page stops it by ending the worker, so no messages are read in between.
    if (answer.done) return;
  }
}
