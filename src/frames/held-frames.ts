import { describeFrame, type FrameLabel } from '../errors/frame-label.ts';

/** @internal A frame that somebody holds, as far as a warning needs it. It must not refer to the frame itself. */
export interface HeldFrame {
  readonly label: FrameLabel;
  /** Where `retain()` was called last. */
  where: string;
}

/** Stacks are captured for so many calls of `retain()`: an operator that forgets its frames does so from the start. */
let stacksLeft = 100;
let warned = false;
let registry: FinalizationRegistry<HeldFrame> | undefined;

/** Whether `process.env.NODE_ENV` can be read: Node has it and bundlers replace it, but a page without a bundler lacks it. */
const KNOWS_MODE = knowsMode();

function knowsMode(): boolean {
  try {
    return process.env.NODE_ENV !== '';
  } catch {
    return false;
  }
}

/**
 * @internal Notes that a frame is held, so that one that is garbage-collected before its release can be reported. `before`
 * is what an earlier call for the same frame gave. Only `Frame.retain` may call this: it is left out of the stack.
 *
 * Gives undefined in production, where bundlers drop the rest of this module.
 */
export function watchHeld(
  frame: { readonly label: FrameLabel },
  before: HeldFrame | undefined,
  holder: string | undefined,
): HeldFrame | undefined {
  if (!KNOWS_MODE || process.env.NODE_ENV === 'production') return undefined;
  if (warned || typeof FinalizationRegistry === 'undefined') return before;
  const where = placeOf(holder);
  if (before) {
    before.where = where;
    return before;
  }
  const held: HeldFrame = { label: frame.label, where };
  registry ??= new FinalizationRegistry(warn);
  registry.register(frame, held, held);
  return held;
}

/** @internal The frame was released. */
export function unwatchHeld(held: HeldFrame): void {
  registry?.unregister(held);
}

function placeOf(holder: string | undefined): string {
  const name = holder === undefined ? '' : ` by ${holder}`;
  if (stacksLeft === 0) return name === '' ? '; the place is unknown, because only the first 100 are traced' : name;
  stacksLeft--;
  const error: { stack?: string } = new Error();
  (Error as { captureStackTrace?: typeof Error.captureStackTrace }).captureStackTrace?.(error, watchHeld);
  // Read at once: until then V8 keeps the objects of the calling functions alive, and with them the frame.
  const stack = error.stack ?? '';
  // V8's first two lines are `Error` and `Frame.retain`.
  return `${name}:\n${stack.startsWith('Error\n') ? stack.split('\n').slice(2).join('\n') : stack}`;
}

function warn({ label, where }: HeldFrame): void {
  if (warned) return;
  warned = true;
  console.warn(
    `sluice: frame ${describeFrame(label)} was garbage-collected while it was still held: its data is not freed, and its ` +
      `lease stays taken. Call frame.release() once for every frame.retain(). It was retained${where}`,
  );
}
