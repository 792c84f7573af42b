import { useEffect, useState } from "preact/hooks";
import { ServiceError } from "../service";
import { errorText } from "../state/store";

/// A slow answer is asked for less often: at most this part of the time is spent on it.
const SHARE = 0.25;

type Ask<T> = (signal: AbortSignal, show: (part: T) => void) => Promise<T>;

/// What the service answers, asked again at this interval and whenever one of the inputs changes. After the answer `null` it
/// is not asked again, and nothing is asked while the page is hidden. After a failure the answer before it stays.
export function usePolled<T>(ask: Ask<T>, everyMs: number, inputs: unknown[]): { answer?: T; problem?: ServiceError } {
  const [answer, setAnswer] = useState<T>();
  const [problem, setProblem] = useState<ServiceError>();
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (part: T) => !ended.signal.aborted && setAnswer(() => part);
    const look = async () => {
      const began = performance.now();
      try {
        if (!document.hidden) {
          const now = await ask(ended.signal, show);
          setAnswer(() => now);
          setProblem(undefined);
          if (now === null) return;
        }
      } catch (error) {
        if (ended.signal.aborted) return;
        setProblem(error instanceof ServiceError ? error : new ServiceError(errorText(error), 0));
      }
      if (!ended.signal.aborted) timer = setTimeout(() => void look(), Math.max(everyMs, (performance.now() - began) / SHARE));
    };
    void look();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, inputs);
  return { ...(answer === undefined ? {} : { answer }), ...(problem ? { problem } : {}) };
}
