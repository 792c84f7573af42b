import { Dialog } from "./Dialog";

const KEYS: [string, string][] = [
  ["\u2192 or \u2193", "one exchange on"],
  ["\u2190 or \u2191", "one exchange back"],
  ["Home, End", "to the beginning, to the end"],
  ["Ctrl-Z, Ctrl-Y", "take the last change back, do it again"],
  ["/", "the search, in the list of tasks"],
  ["?", "this help"],
  ["Esc", "closes what is open"],
];

const TERMS: [string, string][] = [
  ["policy", "the rules: one pure function that decides what to do next"],
  ["Swaparoo", "the service: it sends the requests that the policy asks for, and waits when the policy asks for a pause"],
  ["Placement", "OpenStack's service that stores who holds what of which provider"],
  ["nova", "its conductor answers for servers, migrations and the scheduler"],
  ["exchange", "one question or write, with its answer"],
  ["recorded", "the requests and replies of a task that has run; no rules run to show it"],
  ["played", "what rules do with the model of nova and Placement in this page"],
  ["leak", "a consumer holds what it should not"],
  ["loss", "a running server does not hold what it should"],
  ["needs a person", "the task ended with a failure that a person must look at, since no rule can decide what is right"],
  ["unknown", "what the verdict needs was not read"],
];

export function Help({ open, close }: { open: boolean; close: () => void }) {
  return (
    <Dialog title="Help" open={open} close={close}>
      <p>
        At the top is who holds what over the whole task; below it each request with its answer, who holds what at that moment, and why the
        rules went on as they did. The address is that of the step: Back, a reload and a link lead to it. Change what happened, and the history forks: the rules go on from there.
      </p>
      <h3>Keys</h3>
      <dl class="terms">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h3>Words</h3>
      <dl class="terms">
        {TERMS.map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
