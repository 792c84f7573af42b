// Where the moments of a run are drawn: to scale by exchange, by time, or aligned with other runs.

/// The edges of the places from the beginning (0) to the end (1): place N, after N exchanges, is between edge N and N + 1.
export type Edges = number[];

interface Times {
  asked_ms: number;
  answered_ms: number;
}

export function byExchange(count: number): Edges {
  return Array.from({ length: count + 2 }, (_, edge) => edge / (count + 1));
}

/// The end state, which has no end, gets this part.
const END = 0.04;

/// In milliseconds since the task was accepted.
export function byTime(times: Times[]): Edges {
  const last = Math.max(1, ...times.slice(-1).map(({ answered_ms }) => answered_ms));
  let before = 0;
  const ends = times.map(({ answered_ms }) => (before = Math.max(before, answered_ms)));
  return [0, ...ends.map((end) => ((1 - END) * Math.min(end, last)) / last), 1];
}

/// Each exchange at its own row of a comparison, of `rows`.
export function byRow(rowOf: number[], rows: number): Edges {
  return [0, ...rowOf.map((row) => (row + 1) / (rows + 1)), 1];
}

/// The place at a part of the width.
export function placeAt(edges: Edges, part: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((edges[middle] ?? 0) <= part) low = middle;
    else high = middle - 1;
  }
  return low;
}

/// A round number of exchanges or milliseconds, of which at most `most` fit into `whole`.
export function tick(whole: number, most: number): number {
  for (let power = 1; ; power *= 10) for (const step of [1, 2, 5]) if (whole / (step * power) <= most) return step * power;
}
