declare module "virtual:rule-sources" {
  import type { RulePlace } from "./rules/sources";
  const sources: Record<string, RulePlace[]>;
  export default sources;
}
