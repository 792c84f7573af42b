// What the service's audits have found, as `GET /v1/audit` answers.

export interface Audits {
  every_seconds: number;
  /// Since the end of the last audit.
  age_seconds: number | null;
  /// Of the latest attempt.
  failure: string | null;
  last: LastAudit | null;
}

export interface LastAudit {
  complete: boolean;
  /// How many hold allocations.
  consumers: number;
  findings: Finding[];
  hidden: HiddenUsage[];
  /// Consumers of other services, which are no findings.
  others: unknown[];
  unchecked: { what: string; why: string }[];
  repairs: Repair[];
}

export interface Finding {
  consumer: string;
  server: string;
  allocations: { provider: string; resources: { class: string; amount: number }[] }[];
  /// The kind, such as `ended-migration`.
  why: string;
  /// The reason as a sentence.
  words: string;
  /// What a person can do, with the command.
  way_out: string | null;
  migration: string | null;
  status: string | null;
  /// In nova's format.
  since: string | null;
  /// The server's compute node.
  node: string | null;
  /// The providers of which the server should hold nothing.
  extra_providers: string[];
  detail: string | null;
  repairable: boolean;
  needs_a_person: boolean;
  owner: { project: string; user: string; consumer_type: string | null } | null;
}

export interface HiddenUsage {
  provider: string;
  name: string;
  resources: Record<string, number>;
}

export interface Repair {
  consumer: string;
  why: string;
  task: string | null;
  repaired: boolean;
}

/// What settles a finding.
export type Remedy = "repairable" | "another audit" | "--repair-unknown" | "a person";

export function remedy({ why, repairable, needs_a_person }: Finding): Remedy {
  if (repairable) return "repairable";
  if (needs_a_person) return "a person";
  return why === "unknown-to-nova" ? "--repair-unknown" : "another audit";
}

const UNITS: [number, string][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/// In the largest unit that is not 0.
export function age(seconds: number): string {
  return inUnit(seconds, (size) => seconds >= size);
}

/// In the largest unit that is exact.
export function interval(seconds: number): string {
  return inUnit(seconds, (size) => seconds % size === 0);
}

function inUnit(seconds: number, fits: (size: number) => boolean): string {
  const [size, unit] = UNITS.find(([size]) => fits(size)) ?? [1, "second"];
  const number = Math.floor(seconds / size);
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

/// The time of day in a time of the service.
export function clock(time: string): string {
  return time.slice(11, 19);
}
