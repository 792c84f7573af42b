import { useEffect, useState } from "preact/hooks";
import { at, run, failure, go, message, opened, errorText, redo, undo, view } from "../state/store";
import { Forks } from "./Forks";
import { Header } from "./Header";
import { lazy, lazyDialog } from "./lazy";
import { Message, Notice } from "./Notice";
import { Stepper } from "./Stepper";
import { Welcome } from "./Welcome";

const Compare = lazy(async () => (await import("./Compare")).Compare);
const Explore = lazy(async () => (await import("./Explore")).Explore);
const Help = lazyDialog(async () => (await import("./Help")).Help);

export function App() {
  const [help, setHelp] = useState(false);
  const [dragging, setDragging] = useState(false);
  useKeys(() => setHelp(true));
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (file) await tryTo(() => openFile(file));
  };
  return (
    <div
      class={dragging ? "app dragging" : "app"}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={(event) => event.relatedTarget === null && setDragging(false)}
      onDrop={(event) => void drop(event)}
    >
      <Header help={() => setHelp(true)} />
      {failure.value && <Notice text={failure.value} close={() => (failure.value = undefined)} />}
      {message.value && <Message text={message.value} />}
      <main id="main" tabIndex={-1}>{opened.value ? <Opened /> : <Welcome />}</main>
      <Help open={help} close={() => setHelp(false)} />
    </div>
  );
}

function Opened() {
  return (
    <>
      <Forks />
      {view.value === "step" && <Stepper />}
      {view.value === "compare" && <Compare />}
      {view.value === "explore" && <Explore />}
    </>
  );
}

/// What reads files is loaded when the first one is opened.
export async function openFile(file: File): Promise<void> {
  await (await import("../state/files")).openFile(file);
}

export async function tryTo(work: () => Promise<void>): Promise<void> {
  try {
    failure.value = undefined;
    await work();
  } catch (error) {
    failure.value = errorText(error);
  }
}

/// Ctrl-Z, Ctrl-Y and Ctrl-Shift-Z. True if it was one of them.
function takeBack({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): boolean {
  if (!(ctrlKey || metaKey) || altKey) return false;
  const letter = key.toLowerCase();
  if (letter === "y" || (letter === "z" && shiftKey)) redo();
  else if (letter === "z") undo();
  else return false;
  return true;
}

function useKeys(help: () => void) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (target.closest("input:not([type=range]), textarea, [role=dialog]")) return;
      if (takeBack(event)) return event.preventDefault();
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("select")) return;
      if (event.key === "?") help();
      // While the run is loaded there is no place to step from.
      const last = run.value?.exchanges.length;
      if (last === undefined || view.value !== "step") return;
      const to = { ArrowRight: at.value + 1, ArrowDown: at.value + 1, ArrowLeft: at.value - 1, ArrowUp: at.value - 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      go(to, event.repeat);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [help]);
}
