import type { TargetedKeyboardEvent, TargetedMouseEvent, TargetedPointerEvent } from 'preact';

type Button = HTMLButtonElement;

const isPress = ({ key }: KeyboardEvent) => key === ' ' || key === 'Enter';

/** Handlers of a button that is held, with a pointer or with Space or Enter. A click by other means, as of a screen reader, holds it for a moment. */
export function holdHandlers(start: () => void, stop: () => void) {
  return {
    onPointerDown(event: TargetedPointerEvent<Button>) {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      start();
    },
    onLostPointerCapture: stop,
    onKeyDown(event: TargetedKeyboardEvent<Button>) {
      if (!isPress(event)) return;
      event.preventDefault();
      if (!event.repeat) start();
    },
    onKeyUp(event: TargetedKeyboardEvent<Button>) {
      if (!isPress(event)) return;
      event.preventDefault();
      stop();
    },
    onBlur: stop,
    onClick({ detail }: TargetedMouseEvent<Button>) {
      // A click of a pointer has a number. That of a key does not come, because its press was handled.
      if (detail !== 0) return;
      start();
      stop();
    },
    // A long press with a finger opens a menu.
    onContextMenu: (event: Event) => event.preventDefault(),
  };
}
