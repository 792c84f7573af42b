import { useEffect, useState } from "preact/hooks";
import { RunnerError } from "../runner";
import { errorText } from "../state/store";

/// What the runner answers, asked again at this interval and whenever one of the inputs changes. After the answer `null` it
/// is not asked again. After a failure the answer before it stays.
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number, inputs: unknown[]): { answer?: T; problem?: RunnerError } {
  const [answer, setAnswer] = useState<T>();
  const [problem, setProblem] = useState<RunnerError>();
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        const now = await ask(ended.signal);
        setAnswer(() => now);
        setProblem(undefined);
        if (now === null) return;
      } catch (error) {
        if (ended.signal.aborted) return;
        setProblem(error instanceof RunnerError ? error : new RunnerError(errorText(error), 0));
      }
      if (!ended.signal.aborted) timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, inputs);
  return { ...(answer === undefined ? {} : { answer }), ...(problem ? { problem } : {}) };
}
