// The source of the built-in rules: for each reason, where it is given. `ruleSources.ts` collects it when the page is built.

/// A place in the rules that gives a reason.
export interface RulePlace {
  file: string;
  line: number;
  function: string;
  /// The number of the first line of `text`.
  from: number;
  text: string[];
  /// nova's methods that the rule comes from, and their lines in nova's `conductor/tasks/migrate.py`, if docs/rules.md has them.
  nova: { method: string; lines: string }[];
}
