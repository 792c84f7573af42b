// Which exchanges of several runs belong together: those that ask the same, in the same order.
import type { RunView } from "../rules/types";

/// The rows of a comparison: for each run the exchange in that row, if it has one. What has no counterpart stands beside what
/// the others ask instead.
export type Rows = (number | undefined)[][];

/// A larger table is not searched: what is between the common beginning and end then stands row by row.
const MOST = 4_000_000;

export function keyOf(run: RunView, at: number): string {
  return JSON.stringify(run.exchanges[at]?.effect);
}

export function align(runs: RunView[]): Rows {
  const [first, ...others] = runs.map((run) => run.exchanges.map((_, at) => keyOf(run, at)));
  let rows: Rows = (first ?? []).map((_, at) => [at]);
  let merged = (first ?? []).map((key) => [key]);
  others.forEach((keys, index) => {
    const before = { rows, merged };
    const pairs = alignPair(merged, keys);
    rows = pairs.map(([one, other]) => [...(before.rows[one ?? -1] ?? Array<undefined>(index + 1).fill(undefined)), other]);
    merged = pairs.map(([one, other]) => [...(before.merged[one ?? -1] ?? []), ...(other === undefined ? [] : [keys[other] ?? ""])]);
  });
  return rows;
}

type Pair = [number | undefined, number | undefined];

/// By the longest common subsequence.
function alignPair(one: string[][], other: string[]): Pair[] {
  const same = (a: number, b: number) => one[a]?.includes(other[b] ?? "") ?? false;
  let from = 0;
  while (from < one.length && from < other.length && same(from, from)) from++;
  let end = 0;
  while (end < one.length - from && end < other.length - from && same(one.length - 1 - end, other.length - 1 - end)) end++;
  const first = range(0, from).map((at): Pair => [at, at]);
  const middle = alignMiddle([from, one.length - end], [from, other.length - end], same);
  return [...first, ...middle, ...range(0, end).map((at): Pair => [one.length - end + at, other.length - end + at])];
}

type Range = [number, number];

function alignMiddle([oneFrom, oneEnd]: Range, [otherFrom, otherEnd]: Range, same: (a: number, b: number) => boolean): Pair[] {
  const [height, width] = [oneEnd - oneFrom, otherEnd - otherFrom];
  if (height * width > MOST) return beside(range(oneFrom, oneEnd), range(otherFrom, otherEnd));
  const longest = new Uint32Array((height + 1) * (width + 1));
  const of = (a: number, b: number) => longest[(a - oneFrom) * (width + 1) + b - otherFrom] ?? 0;
  for (let a = oneEnd - 1; a >= oneFrom; a--)
    for (let b = otherEnd - 1; b >= otherFrom; b--) longest[(a - oneFrom) * (width + 1) + b - otherFrom] = same(a, b) ? of(a + 1, b + 1) + 1 : Math.max(of(a + 1, b), of(a, b + 1));
  const pairs: Pair[] = [];
  let [a, b, onlyOne, onlyOther]: [number, number, number[], number[]] = [oneFrom, otherFrom, [], []];
  const flush = () => {
    pairs.push(...beside(onlyOne, onlyOther));
    [onlyOne, onlyOther] = [[], []];
  };
  while (a < oneEnd || b < otherEnd) {
    if (a < oneEnd && b < otherEnd && same(a, b)) {
      flush();
      pairs.push([a++, b++]);
    } else if (b >= otherEnd || (a < oneEnd && of(a + 1, b) >= of(a, b + 1))) onlyOne.push(a++);
    else onlyOther.push(b++);
  }
  flush();
  return pairs;
}

function beside(one: number[], other: number[]): Pair[] {
  return range(0, Math.max(one.length, other.length)).map((at): Pair => [one[at], other[at]]);
}

function range(from: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - from) }, (_, at) => from + at);
}
