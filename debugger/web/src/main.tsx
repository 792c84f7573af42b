import { render } from "preact";
import { begin } from "./rules/module";
import { followAddress } from "./state/address";
import { errorText } from "./state/store";
import { automation } from "./automation";
import { App } from "./views/App";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/strips.css";
import "./styles/tasks.css";
import "./styles/welcome.css";
import "./styles/dialog.css";
import "./styles/timeline.css";
import "./styles/scrubber.css";
import "./styles/holdings.css";

const root = document.getElementById("app");

const PATIENCE_MS = 300;

async function start(): Promise<void> {
  if (!root) return;
  try {
    await begin();
  } catch (error) {
    root.textContent = `The rules could not be loaded, so there is nothing to debug with: ${errorText(error)}`;
    return;
  }
  // A task of a slow service is waited for in the page, and not before it.
  await Promise.race([followAddress(), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
  render(<App />, root);
  // Tests measure here how soon the page can be used.
  performance.mark("scenarios");
  Object.assign(globalThis, { swaparooDebugger: automation });
}

void start();
