// One exchange of a sequence diagram: the request to the right, its answer back to the left. Done, refused and lost have
// different forms, not only colours.

import { memo } from "./memo";

/// The middle of each lane, from the left.
export const LANES = [
  { name: "policy", x: 24 },
  { name: "Swaparoo", x: 84 },
  { name: "Placement", x: 152 },
  { name: "nova", x: 208 },
] as const;

const [POLICY, SWAPAROO, PLACEMENT, NOVA] = LANES.map(({ x }) => x) as [number, number, number, number];
const ASKED = 13;
const ANSWERED = 33;
const HEAD = 6;

interface Props {
  receiver: string;
  answer: string;
  /// Whether it is the first one of its step.
  isFirst: boolean;
}

export const Arrows = memo(function Arrows({ receiver, answer, isFirst }: Props) {
  const to = receiver === "placement" ? PLACEMENT : NOVA;
  return (
    <svg class={`arrows ${answer}`} width="232" height="42" aria-hidden="true">
      {isFirst && (
        <g class="step">
          <path d={`M${POLICY} ${ASKED}H${SWAPAROO - 4}`} />
          <path d={right(SWAPAROO - 2, ASKED)} class="head" />
        </g>
      )}
      {receiver === "host" ? <Pause /> : <There to={to} answer={answer} />}
    </svg>
  );
});

function There({ to, answer }: { to: number; answer: string }) {
  const middle = (SWAPAROO + to) / 2;
  return (
    <>
      <path d={`M${SWAPAROO} ${ASKED}H${to - 4}`} />
      <path d={right(to - 1, ASKED)} class="head" />
      {answer === "missing" ? (
        <>
          <path d={`M${to} ${ANSWERED}H${middle + 9}`} class="back" />
          <text x={middle} y={ANSWERED + 4}>
            ?
          </text>
        </>
      ) : (
        <>
          <path d={`M${to} ${ANSWERED}H${SWAPAROO + 4}`} class="back" />
          <path d={left(SWAPAROO + 1, ANSWERED)} class="back head" />
          {answer === "refusal" && <path d={`M${middle - 5} ${ANSWERED - 5}l10 10m0-10l-10 10`} class="back cross" />}
        </>
      )}
    </>
  );
}

/// Swaparoo pauses, and sends no request.
function Pause() {
  return (
    <>
      <path d={`M${SWAPAROO} ${ASKED}h22V${ANSWERED}H${SWAPAROO + 4}`} class="back" />
      <path d={left(SWAPAROO + 1, ANSWERED)} class="back head" />
    </>
  );
}

function right(x: number, y: number): string {
  return `M${x} ${y}l-${HEAD} -4v8z`;
}

function left(x: number, y: number): string {
  return `M${x} ${y}l${HEAD} -4v8z`;
}
