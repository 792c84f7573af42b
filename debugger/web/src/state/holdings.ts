// What the views show of a snapshot: bars of providers, and the changes since the previous snapshot.
import type { RunView, ConsumerView, Snapshot, ProviderView } from "../rules/types";

export interface Slice {
  consumer: ConsumerView;
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

export function providersAt(run: RunView, at: number): ProviderNow[] {
  const now = run.snapshots[at];
  if (!now) return [];
  const before = run.snapshots[at - 1] ?? now;
  const touched = everTouched(run);
  return run.providers
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

function bar(now: Snapshot, before: Snapshot, provider: string, name: string, total: number | undefined): Bar {
  const slices = now.consumers
    .map((consumer) => ({ consumer, amount: of(consumer, provider, name), before: amountIn(before, consumer.id, provider, name) }))
    // An allocation that was not read has no amount.
    .filter(({ consumer, amount, before }) => consumer.holding === "known" && (amount > 0 || before > 0));
  slices.sort((one, other) => rank(one.consumer) - rank(other.consumer));
  return { class: name, total, used: slices.reduce((sum, slice) => sum + slice.amount, 0), slices };
}

/// A record contains neither a provider's inventory nor its generation.
function known(provider: ProviderView): boolean {
  return Object.values(provider.totals).some((total) => total !== null);
}

const touchedIn = new WeakMap<RunView, Set<string>>();

/// Hides providers without any allocations during the whole run. Computed once for a run.
function everTouched(run: RunView): Set<string> {
  const known = touchedIn.get(run);
  if (known) return known;
  const touched = new Set<string>();
  touchedIn.set(run, touched);
  for (const snapshot of run.snapshots) for (const consumer of snapshot.consumers) for (const provider of Object.keys(consumer.holds)) touched.add(provider);
  return touched;
}

function rank({ role }: ConsumerView): number {
  return ["server", "migration", "rival", "other"].indexOf(role);
}

function of(consumer: ConsumerView, provider: string, name: string): number {
  return consumer.holds[provider]?.[name] ?? 0;
}

function amountIn(snapshot: Snapshot, id: string, provider: string, name: string): number {
  const consumer = snapshot.consumers.find((one) => one.id === id);
  return consumer ? of(consumer, provider, name) : 0;
}

const CLASSES: Record<string, (amount: number) => string> = {
  MEMORY_MB: (amount) => (amount % 1024 === 0 ? `${amount / 1024} GiB` : `${amount} MiB`),
  DISK_GB: (amount) => `${amount} GiB disk`,
};

export function amount(name: string, value: number): string {
  return CLASSES[name]?.(value) ?? `${value} ${name}`;
}

/// An amount beside the name of its class, short enough for a bar.
export function figure(name: string, value: number): string {
  return name === "MEMORY_MB" ? `${Math.round(value / 102.4) / 10} GiB` : String(value);
}

export function amounts(resources: Record<string, number>): string {
  const all = Object.entries(resources).map(([name, value]) => amount(name, value));
  return all.length > 0 ? all.join(" + ") : "nothing";
}

/// A consumer's allocations, by provider.
export function holdsOf(consumer: ConsumerView): { provider: string; text: string }[] {
  return Object.entries(consumer.holds).map(([provider, resources]) => ({ provider, text: amounts(resources) }));
}

export function changed(consumer: ConsumerView, before: Snapshot | undefined): boolean {
  const was = before?.consumers.find((one) => one.id === consumer.id);
  return JSON.stringify([was?.holds ?? {}, was?.generation, was?.alive, was?.status, was?.existence, was?.holding]) !== JSON.stringify([consumer.holds, consumer.generation, consumer.alive, consumer.status, consumer.existence, consumer.holding]);
}
