// The values that the rules and the page exchange, as the module declares them.
export type {
  Change,
  Course,
  Effect,
  EndView,
  Exchange,
  ExchangeView,
  Held,
  Leaf,
  Moment,
  NextStep,
  Offer,
  Portion,
  ProviderView,
  ReasonView,
  RecordFile,
  Reply,
  Source,
  Step,
  StepView,
  Story,
  Task,
  Turn,
  Wrong,
} from "#module/full/swaparoo_debugger.js";

/// Whose rules: built in, or a component by its digest.
export type PolicyRef = { kind: "built-in"; name: string } | { kind: "component"; digest: string; name: string };

export const BUILT_IN = ["standard", "seed", "nova-34"] as const;

export function policyKey(policy: PolicyRef): string {
  return policy.kind === "built-in" ? policy.name : `${policy.name} ${policy.digest.slice(0, 12)}`;
}

export function samePolicy(one: PolicyRef, other: PolicyRef): boolean {
  return policyKey(one) === policyKey(other);
}
