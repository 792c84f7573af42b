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
  Verdict,
  Wrong,
} from "#module/full/swaparoo_debugger.js";

export * from "./policy";
