// Where courses part, and how their ends differ.
import type { Course, ExchangeView } from "../rules/types";

/// The first place at which not all of them ask the same, or have ended; none where they are one course.
export function partsAt(courses: Course[]): number | undefined {
  const longest = Math.max(...courses.map((course) => course.exchanges.length));
  for (let index = 0; index <= longest; index++) {
    const asked = new Set(courses.map((course) => key(course.exchanges[index], course)));
    if (asked.size > 1) return index;
  }
  return undefined;
}

function key(exchange: ExchangeView | undefined, course: Course): string {
  return exchange ? JSON.stringify(exchange.effect) : `ends ${course.end.name}`;
}

export interface HeldAtEnd {
  consumer: string;
  provider: string;
  class: string;
  /// None where it is not known in that course.
  amounts: (number | undefined)[];
}

/// Who holds what at the end of each; only what is not the same in all.
export function endDifferences(courses: Course[]): HeldAtEnd[] {
  const found = new Map<string, HeldAtEnd>();
  courses.forEach((course, at) => {
    for (const held of course.moments.at(-1)?.consumers ?? []) {
      for (const [provider, resources] of Object.entries(held.holds)) {
        for (const [name, amount] of Object.entries(resources)) {
          const id = `${held.consumer} ${provider} ${name}`;
          const line = found.get(id) ?? { consumer: held.consumer, provider, class: name, amounts: courses.map((course) => nothing(course, held.consumer)) };
          if (held.holding === "known") line.amounts[at] = amount;
          found.set(id, line);
        }
      }
    }
  });
  return [...found.values()].filter(({ amounts }) => new Set(amounts).size > 1);
}

/// What it holds where it holds none of it: nothing, unless that was not read.
function nothing(course: Course, consumer: string): number | undefined {
  const held = course.moments.at(-1)?.consumers.find((one) => one.consumer === consumer);
  return held && held.holding !== "known" ? undefined : 0;
}
