import { useEffect, useState } from "preact/hooks";
import { activeFork, type Document, type Fork } from "../state/document";
import { save } from "../state/files";
import { recordOf } from "../state/record";
import { LONGEST_LINK, toFragment, toText } from "../state/share";
import { run } from "../state/store";
import { tryTo } from "./App";
import { Dialog } from "./Dialog";

/// The whole state as a link or a file, and one run as a test.
export function Share({ open, close, document }: { open: boolean; close: () => void; document: Document }) {
  const [link, setLink] = useState("");
  const [copied, setCopied] = useState<"at once" | "by the button">();
  useEffect(() => {
    if (!open) return;
    setCopied(undefined);
    void toFragment(document).then(async (fragment) => {
      const link = location.href.replace(/#.*$/, "") + fragment;
      setLink(link);
      // One click is enough to send the step to a colleague. Where the browser does not allow it, the button tries again.
      if (link.length <= LONGEST_LINK) await navigator.clipboard?.writeText(link).then(() => setCopied("at once"), () => undefined);
    });
  }, [open, document]);
  const fork = activeFork(document);
  const copy = async () => {
    // Missing on a page that came over plain http from another machine; the link can still be selected.
    if (!navigator.clipboard) throw new Error("the browser does not let this page write to the clipboard: select the link and copy it");
    await navigator.clipboard.writeText(link);
    setCopied("by the button");
  };
  return (
    <Dialog title="Share" open={open} close={close}>
      <p>
        The link contains what is open, all its forks and your position. It is not sent to a server.
        {copied && <strong> It is copied: paste it where you want to send it.</strong>}
      </p>
      {link.length > LONGEST_LINK ? (
        <p class="aside">The link would have {link.length.toLocaleString("en")} characters, and mail and chat programs would cut it: save a file instead.</p>
      ) : (
        <label class="stack">
          <span>Link</span>
          <input type="text" readOnly value={link} aria-label="Link" onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
      <div class="buttons">
        <button type="button" class="primary" disabled={link === "" || link.length > LONGEST_LINK} onClick={() => void tryTo(copy)}>
          {copied === "by the button" ? "Copied" : "Copy the link"}
        </button>
        <button type="button" onClick={() => save("swaparoo-debugger.json", toText(document))}>
          Save as a file
        </button>
      </div>
      <h3>As a test</h3>
      <p>
        The course {"\u201c"}
        {fork.name}
        {"\u201d"} under {fork.policy.name}: the task, the replies, the effects in order and the end. <code>swaparoo replay FILE</code> plays it again, and so does the test suite.
      </p>
      <div class="buttons">
        <button
          type="button"
          disabled={!run.value}
          onClick={() => void tryTo(() => saveAsTest(fork))}
        >
          Save as a test
        </button>
      </div>
      <p role="status" class="visually-hidden">
        {copied ? "copied" : ""}
      </p>
    </Dialog>
  );
}

async function saveAsTest(fork: Fork): Promise<void> {
  if (!run.value) return;
  save("scenario.json", `${JSON.stringify(await recordOf(fork, run.value), null, 2)}\n`);
}
