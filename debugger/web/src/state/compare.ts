// The first difference between courses, and how their ends differ.
import type { Course, ExchangeView } from "../rules/types";

/// The first place where the courses do not all ask the same, or have ended; none if they are equal.
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
  /// None if it is not known in that course.
  amounts: (number | undefined)[];
}

/// The allocations at the end of each course; only those that are not the same in all.
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

/// The value if the consumer has no such allocation: nothing, unless this was not read.
function nothing(course: Course, consumer: string): number | undefined {
  const held = course.moments.at(-1)?.consumers.find((one) => one.consumer === consumer);
  return held && held.holding !== "known" ? undefined : 0;
}
