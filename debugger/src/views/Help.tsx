import { Dialog } from "./Dialog";

const KEYS: [string, string][] = [
  ["\u2192 or \u2193", "one exchange on"],
  ["\u2190 or \u2191", "one exchange back"],
  ["Home, End", "to the beginning, to the end"],
  ["?", "this help"],
  ["Esc", "closes what is open"],
];

const TERMS: [string, string][] = [
  ["policy", "the rules: one pure function that says what to do next"],
  ["host", "carries out what the policy asks for, and waits where it is told to"],
  ["Placement", "OpenStack's service that knows who holds what of which provider"],
  ["conductor", "nova's; it answers for servers, migrations and the scheduler"],
  ["exchange", "one question or write, with its answer"],
  ["recorded", "what a task asked and was answered where it ran; no rules are asked for it"],
  ["played", "what rules do on the model of nova and Placement in this page"],
  ["leak", "a consumer holds what it should not"],
  ["loss", "a running server does not hold what it should"],
  ["needs a person", "the task ended with the word that a person must look, as no rule can tell what is right"],
  ["unknown", "what the verdict would rest on was not read"],
];

export function Help({ open, close }: { open: boolean; close: () => void }) {
  return (
    <Dialog title="Help" open={open} close={close}>
      <p>
        A task is played exchange by exchange. On the left is what was asked and answered; on the right who holds what at that moment, and why the
        rules went on as they did. Change what happened, and the history forks: the rules go on from there.
      </p>
      <h3>Keys</h3>
      <dl class="terms">
        {KEYS.map(([key, tells]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{tells}</dd>
          </div>
        ))}
      </dl>
      <h3>Words</h3>
      <dl class="terms">
        {TERMS.map(([term, tells]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{tells}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
