import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useRef } from 'preact/hooks';
import { inside, type Line, type Place } from '../line/line.ts';

interface Props {
  readonly line: Line;
  /** The size of the picture that the layer lies over, in pixels. */
  readonly picture: { readonly width: number; readonly height: number };
  /** Changes the line as it is by then. */
  readonly change: (change: (line: Line) => Line) => void;
}

/** How far a key moves an end, as a share of the picture. */
const STEP = 0.02;
const ARROWS: Readonly<Record<string, Place>> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
};

const percent = (share: number) => Math.round(share * 100);

/** The line over the picture. Its ends are moved with a mouse, a finger or the arrow keys; an arrow shows which way is forward. */
export function LineLayer({ line, picture: { width, height }, change }: Props) {
  const layer = useRef<SVGSVGElement>(null);
  const [from, to] = line.map(({ x, y }) => ({ x: x * width, y: y * height })) as [Place, Place];
  const move = (end: number, to: (from: Place) => Place) =>
    change((now) => now.map((one, i) => (i === end ? inside(to(one)) : one)) as unknown as Line);
  /** Where in the picture a pointer is. */
  const placeOf = ({ clientX, clientY }: PointerEvent): Place | undefined => {
    const matrix = layer.current?.getScreenCTM()?.inverse();
    if (!matrix) return undefined;
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix);
    return { x: x / width, y: y / height };
  };
  const handlers = (end: number) => ({
    onPointerDown(event: TargetedPointerEvent<SVGGElement>) {
      if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: TargetedPointerEvent<SVGGElement>) {
      const place = event.currentTarget.hasPointerCapture(event.pointerId) ? placeOf(event) : undefined;
      if (place) move(end, () => place);
    },
    onKeyDown(event: TargetedKeyboardEvent<SVGGElement>) {
      const step = ARROWS[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      move(end, ({ x, y }) => ({ x: x + step.x, y: y + step.y }));
    },
  });
  // A step to the right of the line, seen from its first end.
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const size = Math.max(width, height);
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const right = { x: (from.y - to.y) / length, y: (to.x - from.x) / length };
  const tip = { x: middle.x + right.x * size * 0.07, y: middle.y + right.y * size * 0.07 };
  return (
    <svg
      ref={layer}
      class="line-layer"
      viewBox={`0 0 ${width} ${height}`}
      role="group"
      aria-label="Line that counts crossings"
      style={{ '--thin': `${size * 0.005}px` }}
    >
      <path class="line" d={`M${from.x} ${from.y}L${to.x} ${to.y}M${middle.x} ${middle.y}L${tip.x} ${tip.y}`} />
      <circle class="tip" cx={tip.x} cy={tip.y} r={size * 0.012} />
      {line.map((end, i) => (
        <g
          key={i}
          class="end"
          role="slider"
          tabindex={0}
          aria-label={i === 0 ? 'First end of the line' : 'Second end of the line'}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent(end.x)}
          aria-valuetext={`${percent(end.x)} % from the left, ${percent(end.y)} % from the top`}
          {...handlers(i)}
        >
          <circle class="reach" cx={end.x * width} cy={end.y * height} r={size * 0.06} />
          <circle class="knob" cx={end.x * width} cy={end.y * height} r={size * 0.018} />
        </g>
      ))}
    </svg>
  );
}
