import { useEffect, useState } from "preact/hooks";
import { renameFork } from "../state/store";
import { Dialog } from "./Dialog";

/// The longest name that fits into the row of runs.
const LONGEST = 80;

/// Asks for another name of a run; closed unless `open`.
export function Rename({ fork, open, close }: { fork: { id: number; name: string } | undefined; open: boolean; close: () => void }) {
  const [name, setName] = useState("");
  useEffect(() => setName(fork?.name ?? ""), [fork]);
  return (
    <Dialog title="Rename" open={open} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (fork) renameFork(fork.id, name.trim());
          close();
        }}
      >
        <label class="stack">
          <span>A name for this course</span>
          <input type="text" required maxLength={LONGEST} pattern=".*\S.*" title="a name that is not blank" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <div class="buttons">
          <button type="submit" class="primary">
            Rename
          </button>
          <button type="button" onClick={close}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
