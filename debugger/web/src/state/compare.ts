// How runs differ: from which row of a comparison, and at their ends.
import type { RunView } from "../rules/types";
import { keyOf, type Rows } from "./align";

/// The first row in which two of the runs do not ask the same, or in which one has ended; the number of rows if only the ends
/// differ. None if they are alike.
export function differsFrom(rows: Rows, runs: RunView[], one: number, other: number): number | undefined {
  const row = rows.findIndex((row) => keyIn(runs[one], row[one]) !== keyIn(runs[other], row[other]));
  if (row >= 0) return row;
  return runs[one]?.end.name === runs[other]?.end.name ? undefined : rows.length;
}

function keyIn(run: RunView | undefined, at: number | undefined): string | undefined {
  return run && at !== undefined ? keyOf(run, at) : undefined;
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
