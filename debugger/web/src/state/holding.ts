// Who held what over a whole run: a strip for each consumer and provider, cut where the holding changes.
import type { ConsumerView, RunView, ViolationView } from "../rules/types";
import { amounts } from "./holdings";

/// `wrong`: it holds what it should not. `lacks`: it does not hold what it should. `person`: the end says that a person must
/// look at it. `unknown`: it was not read.
export type HoldingState = "nothing" | "holds" | "wrong" | "lacks" | "person" | "unknown";

/// From the exchange after which it began (0: from the beginning) to the one after which it ended; the end is excluded.
export interface Segment {
  from: number;
  to: number;
  state: HoldingState;
  text: string;
}

export interface Strip {
  consumer: string;
  role: string;
  /// None if nothing of the consumer was read.
  provider: string | undefined;
  segments: Segment[];
}

const ROLES = ["server", "migration", "rival"];

/// The strips of the task's own consumers; what neighbours hold does not change.
export function stripsOf(run: RunView): Strip[] {
  const pairs = pairsOf(run);
  return pairs.map((pair) => ({ ...pair, segments: segmentsOf(run, pair) }));
}

type Pair = Omit<Strip, "segments">;

function pairsOf(run: RunView): Pair[] {
  const found = new Map<string, Pair>();
  const add = (consumer: string, role: string, provider: string | undefined) => found.set(`${consumer} ${provider}`, { consumer, role, provider });
  const roles = new Map<string, string>();
  for (const { consumers } of run.snapshots) {
    for (const { id, role, holds } of consumers) {
      if (!ROLES.includes(role)) continue;
      roles.set(id, role);
      for (const provider in holds) if (!found.has(`${id} ${provider}`)) add(id, role, provider);
    }
  }
  for (const { consumer, provider } of faults(run)) if (roles.has(consumer)) add(consumer, roles.get(consumer) ?? "", provider);
  const held = new Set([...found.values()].map(({ consumer }) => consumer));
  for (const [id, role] of roles) if (!held.has(id)) add(id, role, undefined);
  return [...found.values()].sort((one, other) => ROLES.indexOf(one.role) - ROLES.indexOf(other.role));
}

function faults({ verdict }: RunView): ViolationView[] {
  return [...verdict.violations, ...verdict.remaining];
}

function segmentsOf(run: RunView, { consumer, provider }: Pair): Segment[] {
  const segments: Segment[] = [];
  const wrong = wrongFrom(run, consumer, provider);
  let before: ConsumerView | undefined;
  run.snapshots.forEach(({ consumers }, at) => {
    const now = consumers.find(({ id }) => id === consumer);
    const last = segments.at(-1);
    if (last && at !== wrong?.from && sameHolding(before, now, provider)) last.to = at + 1;
    else {
      const next = { from: at, to: at + 1, ...stateOf(now, provider, wrong && at >= wrong.from ? wrong : undefined) };
      if (last && last.state === next.state && last.text === next.text) last.to = at + 1;
      else segments.push(next);
    }
    before = now;
  });
  return segments;
}

interface Wrong {
  from: number;
  fault: ViolationView;
  state: HoldingState;
}

/// From where it is wrong until the end. If the fault is that nothing more was done, that is the end.
function wrongFrom(run: RunView, consumer: string, provider: string | undefined): Wrong | undefined {
  const fault = faults(run).find((one) => one.consumer === consumer && one.provider === provider);
  if (!fault) return undefined;
  const state = run.verdict.remaining.includes(fault) ? "person" : fault.kind === "loss" ? "lacks" : "wrong";
  return { from: fault.since === null ? run.exchanges.length : fault.since + 1, fault, state };
}

function sameHolding(one: ConsumerView | undefined, other: ConsumerView | undefined, provider: string | undefined): boolean {
  if (one?.holding !== other?.holding) return false;
  const [before, now] = [held(one, provider), held(other, provider)];
  const names = Object.keys(now);
  return names.length === Object.keys(before).length && names.every((name) => before[name] === now[name]);
}

function held(consumer: ConsumerView | undefined, provider: string | undefined): Record<string, number> {
  return (provider !== undefined && consumer?.holds[provider]) || {};
}

function stateOf(consumer: ConsumerView | undefined, provider: string | undefined, wrong: Wrong | undefined): { state: HoldingState; text: string } {
  const holds = held(consumer, provider);
  const text = amounts(holds);
  if (wrong && wrong.fault.kind === "loss") return { state: wrong.state, text: `lacks ${amounts(wrong.fault.resources)}` };
  if (wrong) return { state: wrong.state, text };
  if (consumer && consumer.holding !== "known") return { state: "unknown", text: consumer.holding === "not-asked" ? "not asked" : "not known" };
  return Object.keys(holds).length > 0 ? { state: "holds", text } : { state: "nothing", text: "nothing" };
}

/// The first exchange after which something is wrong until the end; the number of exchanges if the fault is that nothing more
/// was done. None if nothing is wrong.
export function firstHarm(run: RunView): number | undefined {
  const all = run.verdict.violations.map(({ since }) => since ?? run.exchanges.length);
  return all.length > 0 ? Math.min(...all) : undefined;
}

export interface Mark {
  /// The number of exchanges before it.
  at: number;
  kind: "event" | "beside" | "harm" | "turning" | "played";
  text: string;
}

/// What happened during a run, as marks.
export function marksOf(run: RunView, beside: { after: number; actor: string; what: string }[] = [], unavoidableAfter?: number): Mark[] {
  const played = run.leaves_record_at;
  const events = run.exchanges.flatMap(({ happened }, at) => happened.map((text): Mark => ({ at, kind: "event", text })));
  const others = beside.filter(({ after }) => played === null || after <= played).map(({ after, actor, what }): Mark => ({ at: after, kind: "beside", text: `meanwhile, ${actor}: ${what}` }));
  const harm = firstHarm(run);
  const marks: Mark[] = [...events, ...others];
  if (unavoidableAfter !== undefined && played === null) marks.push({ at: unavoidableAfter, kind: "turning", text: "from here on every way without another fault ends wrong" });
  if (played !== null) marks.push({ at: played, kind: "played", text: "played from here on, and not recorded" });
  if (harm !== undefined) marks.push({ at: harm, kind: "harm", text: harm < run.exchanges.length ? `the first harm, at exchange ${harm + 1}` : "it stays wrong: nothing more was done" });
  return marks;
}
