// The values that the rules and the page exchange, as the module declares them.
export type {
  Change,
  ConsumerView,
  Effect,
  EndView,
  Exchange,
  ExchangeView,
  ExploredPath,
  NextStep,
  PathEvent,
  Portion,
  PossibleEvent,
  ProviderView,
  ReasonView,
  RecordFile,
  Reply,
  RunView,
  ScenarioView,
  Snapshot,
  Source,
  Step,
  StepView,
  Task,
  Verdict,
  ViolationView,
} from "#module/full/swaparoo_debugger.js";

export * from "./policy";
