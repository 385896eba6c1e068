import type { TargetedPointerEvent } from 'preact';
import { useRef } from 'preact/hooks';
import { SIDE, type Drawing, type Point } from './drawing.ts';

type Event = TargetedPointerEvent<SVGSVGElement>;

interface Line {
  readonly pointer: number;
  readonly lengthen: (to: readonly Point[]) => void;
}

/** Handlers that draw with a mouse, a finger or a stylus: one of them at a time. */
export function usePointer(drawing: Drawing) {
  const line = useRef<Line>(undefined);
  return {
    onPointerDown(event: Event) {
      if (line.current || event.button !== 0) return;
      const { currentTarget: board, pointerId: pointer } = event;
      // The line goes on outside of the board, and comes back.
      board.setPointerCapture(pointer);
      line.current = { pointer, lengthen: drawing.begin(pointOf(event, board)) };
    },
    onPointerMove(event: Event) {
      if (line.current?.pointer !== event.pointerId) return;
      line.current.lengthen(allOf(event).map((one) => pointOf(one, event.currentTarget)));
    },
    onLostPointerCapture({ pointerId }: Event) {
      if (line.current?.pointer === pointerId) line.current = undefined;
    },
  };
}

/** The event, and those before it that came faster than the screen is redrawn. */
function allOf(event: PointerEvent): readonly PointerEvent[] {
  // Safari has had them since 18.2, and a list may be empty.
  const all = 'getCoalescedEvents' in event ? event.getCoalescedEvents() : [];
  return all.length > 0 ? all : [event];
}

function pointOf({ clientX, clientY }: PointerEvent, board: Element): Point {
  const { left, top, width, height } = board.getBoundingClientRect();
  return { x: ((clientX - left) / width) * SIDE, y: ((clientY - top) / height) * SIDE };
}
