// What the views show of a moment: bars of providers, and the changes since the previous moment.
import type { Course, Held, Moment, ProviderView } from "../rules/types";

export interface Slice {
  held: Held;
  amount: number;
  before: number;
}

export interface Bar {
  class: string;
  total: number | undefined;
  used: number;
  slices: Slice[];
}

export interface ProviderNow {
  id: string;
  name: string;
  nested: boolean;
  generation: number | undefined;
  generationBefore: number | undefined;
  bars: Bar[];
}

export function providersAt(course: Course, at: number): ProviderNow[] {
  const now = course.moments[at];
  if (!now) return [];
  const before = course.moments[at - 1] ?? now;
  const touched = everTouched(course);
  return course.providers
    .filter((provider) => touched.has(provider.id))
    .map((provider) => ({
      id: provider.id,
      name: provider.name,
      nested: provider.parent !== null,
      generation: known(provider) ? now.generations[provider.id] : undefined,
      generationBefore: before.generations[provider.id],
      bars: Object.entries(provider.totals).map(([name, total]) => bar(now, before, provider.id, name, total ?? undefined)),
    }));
}

function bar(now: Moment, before: Moment, provider: string, name: string, total: number | undefined): Bar {
  const slices = now.consumers
    .map((held) => ({ held, amount: of(held, provider, name), before: amountIn(before, held.consumer, provider, name) }))
    // An allocation that was not read has no amount.
    .filter(({ held, amount, before }) => held.holding === "known" && (amount > 0 || before > 0));
  slices.sort((one, other) => rank(one.held) - rank(other.held));
  return { class: name, total, used: slices.reduce((sum, slice) => sum + slice.amount, 0), slices };
}

/// A record contains neither a provider's inventory nor its generation.
function known(provider: ProviderView): boolean {
  return Object.values(provider.totals).some((total) => total !== null);
}

const touchedIn = new WeakMap<Course, Set<string>>();

/// Hides providers without any allocations during the whole course. Computed once for a course.
function everTouched(course: Course): Set<string> {
  const known = touchedIn.get(course);
  if (known) return known;
  const touched = new Set<string>();
  touchedIn.set(course, touched);
  for (const moment of course.moments) for (const held of moment.consumers) for (const provider of Object.keys(held.holds)) touched.add(provider);
  return touched;
}

function rank({ role }: Held): number {
  return ["server", "migration", "rival", "other"].indexOf(role);
}

function of(held: Held, provider: string, name: string): number {
  return held.holds[provider]?.[name] ?? 0;
}

function amountIn(moment: Moment, consumer: string, provider: string, name: string): number {
  const held = moment.consumers.find((one) => one.consumer === consumer);
  return held ? of(held, provider, name) : 0;
}

const CLASSES: Record<string, (amount: number) => string> = {
  MEMORY_MB: (amount) => (amount % 1024 === 0 ? `${amount / 1024} GiB` : `${amount} MiB`),
  DISK_GB: (amount) => `${amount} GiB disk`,
};

export function amount(name: string, value: number): string {
  return CLASSES[name]?.(value) ?? `${value} ${name}`;
}

export function amounts(resources: Record<string, number>): string {
  const all = Object.entries(resources).map(([name, value]) => amount(name, value));
  return all.length > 0 ? all.join(" + ") : "nothing";
}

/// A consumer's allocations, by provider.
export function holdsOf(held: Held): { provider: string; text: string }[] {
  return Object.entries(held.holds).map(([provider, resources]) => ({ provider, text: amounts(resources) }));
}

export function changed(held: Held, before: Moment | undefined): boolean {
  const was = before?.consumers.find((one) => one.consumer === held.consumer);
  return JSON.stringify([was?.holds ?? {}, was?.generation, was?.alive, was?.status, was?.existence, was?.holding]) !== JSON.stringify([held.holds, held.generation, held.alive, held.status, held.existence, held.holding]);
}
