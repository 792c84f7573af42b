// The first difference between runs, and how their ends differ.
import type { RunView, ExchangeView } from "../rules/types";

/// The first place where the runs do not all ask the same, or have ended; none if they are equal.
export function firstDifference(runs: RunView[]): number | undefined {
  const longest = Math.max(...runs.map((run) => run.exchanges.length));
  for (let index = 0; index <= longest; index++) {
    const asked = new Set(runs.map((run) => key(run.exchanges[index], run)));
    if (asked.size > 1) return index;
  }
  return undefined;
}

function key(exchange: ExchangeView | undefined, run: RunView): string {
  return exchange ? JSON.stringify(exchange.effect) : `ends ${run.end.name}`;
}

export interface EndDifference {
  consumer: string;
  provider: string;
  class: string;
  /// None if it is not known in that run.
  amounts: (number | undefined)[];
}

/// The allocations at the end of each run; only those that are not the same in all.
export function endDifferences(runs: RunView[]): EndDifference[] {
  const found = new Map<string, EndDifference>();
  runs.forEach((run, at) => {
    for (const consumer of run.snapshots.at(-1)?.consumers ?? []) {
      for (const [provider, resources] of Object.entries(consumer.holds)) {
        for (const [name, amount] of Object.entries(resources)) {
          const id = `${consumer.id} ${provider} ${name}`;
          const line = found.get(id) ?? { consumer: consumer.id, provider, class: name, amounts: runs.map((run) => nothing(run, consumer.id)) };
          if (consumer.holding === "known") line.amounts[at] = amount;
          found.set(id, line);
        }
      }
    }
  });
  return [...found.values()].filter(({ amounts }) => new Set(amounts).size > 1);
}

/// The value if the consumer has no such allocation: nothing, unless this was not read.
function nothing(run: RunView, id: string): number | undefined {
  const consumer = run.snapshots.at(-1)?.consumers.find((one) => one.id === id);
  return consumer && consumer.holding !== "known" ? undefined : 0;
}
