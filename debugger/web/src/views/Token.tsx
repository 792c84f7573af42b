import { useState } from "preact/hooks";
import { setToken } from "../service";

/// Asks for the token that the service wants.
export function Token() {
  const [value, setValue] = useState("");
  return (
    <form
      class="token"
      onSubmit={(event) => {
        event.preventDefault();
        setToken(value.trim());
      }}
    >
      <label class="stack">
        <span>
          The service asks for a token with the role {"\u201c"}tasks{"\u201d"}; it is kept in this tab only.
        </span>
        <input type="password" autocomplete="off" value={value} onInput={(event) => setValue(event.currentTarget.value)} />
      </label>
      <button type="submit">Use it</button>
    </form>
  );
}
