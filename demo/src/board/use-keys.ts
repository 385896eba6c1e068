import type { TargetedFocusEvent, TargetedKeyboardEvent } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { PEN, SIDE, type Drawing, type Point } from './drawing.ts';

/** The pen that the keys move. */
export interface Pen extends Point {
  readonly isDown: boolean;
}

/** How far a key moves the pen: a pixel of MNIST's digits. */
const STEP = SIDE / 28;
const FIRST: Pen = { x: SIDE / 2, y: SIDE / 4, isDown: false };
const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Handlers that draw by keyboard, and the pen; it is undefined while it is not shown. `hide` lifts and hides it. */
export function useKeys(drawing: Drawing) {
  const pen = useRef(FIRST);
  const line = useRef<ReturnType<Drawing['begin']>>(undefined);
  /** The arrow keys that are held: two of them move the pen diagonally. */
  const held = useRef(new Set<string>());
  const [shown, setShown] = useState<Pen>();

  const lift = () => {
    line.current = undefined;
    pen.current = { ...pen.current, isDown: false };
  };
  const hide = () => {
    lift();
    held.current.clear();
    setShown(undefined);
  };
  const move = (key: string, draws: boolean) => {
    held.current.add(key);
    if (!draws) line.current = undefined;
    else line.current ??= drawing.begin(pen.current);
    pen.current = moved(pen.current, [...held.current]);
    line.current?.([pen.current]);
  };
  const press = () => {
    const isDown = !pen.current.isDown;
    lift();
    if (!isDown) return;
    pen.current = { ...pen.current, isDown };
    line.current = drawing.begin(pen.current);
  };
  /** What a key does; undefined if it does nothing. */
  const actionOf = ({ key, shiftKey, ctrlKey, metaKey, altKey, repeat }: KeyboardEvent): (() => void) | undefined => {
    if (altKey) return undefined;
    if ((ctrlKey || metaKey) && !(key.toLowerCase() === 'z' && !shiftKey)) return undefined;
    if (ctrlKey || metaKey || key === 'Backspace') return () => (lift(), drawing.undo());
    if (key === 'Escape' || key === 'Delete') return () => (lift(), drawing.clear());
    if (key === ' ') return () => !repeat && press();
    return key in ARROWS ? () => move(key, shiftKey || pen.current.isDown) : undefined;
  };
  const handlers = {
    onKeyDown(event: TargetedKeyboardEvent<SVGSVGElement>) {
      const act = actionOf(event);
      if (!act) return;
      // The page does not scroll.
      event.preventDefault();
      act();
      setShown(pen.current);
    },
    onKeyUp({ key }: KeyboardEvent) {
      held.current.delete(key);
    },
    onFocus({ currentTarget }: TargetedFocusEvent<SVGSVGElement>) {
      if (currentTarget.matches(':focus-visible')) setShown(pen.current);
    },
    onBlur: hide,
  };
  return { pen: shown, hide, handlers };
}

/** The pen after a step in all of these directions. It stays on the board as a whole. */
function moved(pen: Pen, keys: readonly string[]): Pen {
  const to = (axis: 'x' | 'y') => {
    const steps = keys.reduce((sum, key) => sum + (ARROWS[key]?.[axis] ?? 0), 0);
    return Math.min(SIDE - PEN / 2, Math.max(PEN / 2, pen[axis] + steps * STEP));
  };
  return { ...pen, x: to('x'), y: to('y') };
}
