import { EngineError } from './errors.ts';
import { describeFrame, type FrameLabel } from './frame-label.ts';

/** @internal The error of a frame whose data was on a GPU that was lost. */
export function contextLost(frame: FrameLabel, engine: string): EngineError {
  return new EngineError(
    `frame ${describeFrame(frame)} was lost with the GPU that held its data: ${engine} is rebuilt and goes on with the ` +
      'next frame',
    { frame },
    'context-lost',
  );
}

/** @internal Whether a frame failed because its GPU was lost: neither the frame nor the pipe is at fault. */
export function isContextLost(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'context-lost';
}
