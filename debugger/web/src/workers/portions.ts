// An exploration in portions, so that the page can show its progress.
import type { Change, NextStep, Share, Source } from "../rules/types";

export interface Exploration {
  id: number;
  policy: string;
  source: Source;
  changes: Change[];
  from: number;
  most: number;
  /// The part of this worker.
  share: Share;
}

const PORTION = 200;

export function portions(rules: typeof import("#module/full/swaparoo_debugger.js"), request: Exploration, given: NextStep | undefined): void {
  const exploration = new rules.Exploration(request.source, request.policy, request.changes, request.from, request.most, request.share, given);
  for (;;) {
    const answer = exploration.run(PORTION);
    postMessage({ id: request.id, answer });
    // The page stops it by ending the worker, so no messages are read in between.
    if (answer.done) return;
  }
}
