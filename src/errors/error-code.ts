/**
 * The codes of sluice's errors. A code does not change between releases, so a program can branch on it, and a `switch`
 * over `error.code` is checked by the compiler. docs/flow.md says what each one means and what to do.
 *
 * @example
 * const isRetryable = (code: ErrorCode) => code === 'timeout' || code === 'download';
 * console.log(isRetryable('timeout')); // true
 */
export type ErrorCode =
  // OptionError, ShapeError, WeightsError
  | 'option'
  | 'shape'
  | 'weights'
  // Frames and the gate: FrameReleasedError, StageError, TimestampError, StallError
  | 'frame-released'
  | 'stage-failed'
  | 'timestamp'
  | 'stall'
  // EngineError, WorkerError
  | 'engine'
  | 'context-lost'
  | 'worker'
  // TrainingError
  | 'training'
  // SourceError: finding ffmpeg
  | 'no-ffmpeg'
  | 'bad-ffmpeg'
  // SourceError: files
  | 'not-found'
  | 'not-a-file'
  | 'empty'
  | 'unreadable'
  | 'not-allowed'
  | 'not-a-video'
  | 'no-video-stream'
  | 'no-frames'
  | 'start-past-end'
  | 'too-large'
  | 'damaged'
  | 'codec'
  | 'no-reader'
  | 'probe-failed'
  | 'decode-failed'
  | 'cut'
  | 'frame-timeout'
  | 'timeout'
  // SourceError: cameras and elements of a page
  | 'permission'
  | 'insecure'
  | 'in-use'
  | 'overconstrained'
  | 'unplugged'
  | 'ended'
  | 'camera'
  | 'canvas'
  | 'not-readable'
  // SourceError: models from the network
  | 'download'
  | 'interrupted'
  // SluiceError: results and batch jobs
  | 'output'
  | 'locked'
  | 'other-job'
  | 'changed'
  | 'job'
  | 'worker-died'
  | 'bug';
