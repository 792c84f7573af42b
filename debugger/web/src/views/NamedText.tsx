import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Names, parts } from "../state/names";

export const NamesContext = createContext<Names>(new Map());

/// A text of the rules with names instead of UUIDs; the title of a name shows its UUID.
export function NamedText({ text }: { text: string }) {
  const names = useContext(NamesContext);
  return (
    <>
      {parts(text, names).map((part, index) =>
        "id" in part ? (
          <span key={index} class="name" title={part.id}>
            {part.name}
          </span>
        ) : (
          part.text
        ),
      )}
    </>
  );
}
