import { render } from "preact";
import { begin } from "./rules/module";
import { followAddress } from "./state/address";
import { errorText } from "./state/store";
import "./state/sources";
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

async function start(): Promise<void> {
  if (!root) return;
  try {
    await begin();
  } catch (error) {
    root.textContent = `The rules could not be loaded, so there is nothing to debug with: ${errorText(error)}`;
    return;
  }
  await followAddress();
  render(<App />, root);
  // Tests measure here how soon the page can be used.
  performance.mark("scenarios");
  Object.assign(globalThis, { swaparooDebugger: automation });
}

void start();
