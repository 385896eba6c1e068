import type { ErrorCode } from '../../errors/error-code.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { DecodeOptions, SourceWarning } from '../ffmpeg/decode-options.ts';
import type { OpenMedia } from '../ffmpeg/media.ts';
import type { Kept } from './kept-frames.ts';

/** What the thread is started with. */
export interface LiveTask {
  readonly where: string;
  readonly media: OpenMedia;
  readonly options: Omit<DecodeOptions, 'onWarning'>;
  readonly kept: Kept;
}

/** The messages to the thread. */
export type LiveOrder =
  | { readonly type: 'next' }
  | { readonly type: 'keep'; readonly kept: Kept }
  | { readonly type: 'stop' };

/** What the thread tells. Times in ms on the clock that both threads share. */
export type LiveMessage =
  | { readonly type: 'frame'; readonly data: Pixels; readonly timestamp: number; readonly at: number }
  | {
      readonly type: 'dropped';
      readonly bytes: number;
      readonly timestamp: number;
      readonly at: number;
      readonly cause: 'replaced' | 'full';
    }
  | { readonly type: 'warning'; readonly warning: SourceWarning }
  /** A child process was started, or has ended. */
  | { readonly type: 'child'; readonly pid: number; readonly runs: boolean }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };
