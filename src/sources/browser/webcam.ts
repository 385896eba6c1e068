import { concat, defer, fromEvent, identity, merge, NEVER, Observable, ReplaySubject, switchMap, tap } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, SourceError } from '../../errors/errors.ts';
import { Source } from '../../flow/gate/frame-source.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { cameraError, cameraGone } from './camera-error.ts';
import { GRAB_NAMES, Grabber, type GrabOptions } from './grabber.ts';
import { tracksStopped } from './stopping-tracks.ts';
import { trackFrames, type Turns } from './track-frames.ts';
import { whileSeen } from './while-seen.ts';

/** Options of {@link webcam}. The camera gives the size and frame rate that come closest to those asked for. */
export interface WebcamOptions extends GrabOptions, Omit<FrameSourceOptions, 'source'> {
  /** The name of the source in labels. Default `webcam`. */
  readonly source?: string;
  /** The id of the camera, from `navigator.mediaDevices.enumerateDevices()`. Default: any camera. */
  readonly deviceId?: string;
  /** The camera that faces the user, or the environment. Default: the browser's choice. */
  readonly facingMode?: 'user' | 'environment';
  /** The width asked for, in pixels. */
  readonly width?: number;
  /** The height asked for, in pixels. */
  readonly height?: number;
  /** The frame rate asked for, in frames per second. */
  readonly frameRate?: number;
  /** Whether frames come while the page is hidden. Default `pause`. */
  readonly whenHidden?: 'pause' | 'continue';
}

const NAMES: OptionNames<WebcamOptions> = {
  source: true,
  deviceId: true,
  facingMode: true,
  width: true,
  height: true,
  frameRate: true,
  whenHidden: true,
  ...GRAB_NAMES,
  ...SOURCE_NAMES,
};

/** A camera's frames behind a gate; see {@link webcam}. */
export class WebcamSource extends Source<Pixels> {
  /** Emits the camera's `MediaStream` each time the camera opens, to show it in a `<video>`; the newest one also to late subscribers. */
  readonly stream: Observable<MediaStream>;

  constructor(options: WebcamOptions) {
    checkOptions('webcam', options, NAMES);
    const {
      source = 'webcam',
      deviceId,
      facingMode,
      width,
      height,
      frameRate,
      resize,
      flip,
      whenHidden,
      ...admission
    } = options;
    checkWishes(source, options);
    const wishes = {
      ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
      ...(facingMode === undefined ? {} : { facingMode }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      ...(frameRate === undefined ? {} : { frameRate }),
    };
    const grabber = new Grabber({ resize, flip });
    const turns = whenHidden === 'continue' ? identity : whileSeen;
    const opened = new ReplaySubject<MediaStream>(1);
    const frames = openCamera(wishes).pipe(
      tap((stream) => opened.next(stream)),
      switchMap((stream) => framesOf(stream, grabber, turns)),
    );
    super(frames, { ...admission, source });
    this.stream = opened.asObservable();
  }
}

/**
 * The frames of a camera (browser). By default the newest frame waits while the pipe is busy, and the others are dropped.
 *
 * The camera opens when the source is subscribed to, and stops when the subscription ends. Timestamps are the camera's own,
 * in µs. No frames come while the page is hidden, unless `whenHidden: 'continue'`. Frames that the page was too busy to read
 * count as dropped with the cause `missed`.
 *
 * Throws `OptionError`. Fails with a `SourceError` whose `code` is `permission` (denied or revoked), `not-found`, `in-use`,
 * `overconstrained` (the message names the constraint), `insecure` (the page is not from https or localhost), `unplugged`,
 * `ended` (the browser or the system stopped the camera), or `camera` (another reason).
 *
 * @see {@link videoElement}, {@link canvas}, {@link videoFile}, {@link "sluice".frameSource | frameSource}
 *
 * @example
 * webcam({ facingMode: 'environment', resize: { width: 224, height: 224 } }).subscribe(draw).unsubscribe();
 */
export function webcam(options: WebcamOptions = {}): WebcamSource {
  return new WebcamSource(options);
}

/** The camera's stream; the camera is stopped when this is unsubscribed from. */
function openCamera(video: MediaTrackConstraints): Observable<MediaStream> {
  return new Observable((subscriber) => {
    // Not there on pages that are not secure, whatever the types say.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (!devices) {
      subscriber.error(
        new SourceError(
          'insecure',
          'browsers give cameras to pages from https or localhost only: serve the page by https',
        ),
      );
      return;
    }
    let stream: MediaStream | undefined;
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    const ask = () => (subscriber.closed ? new MediaStream() : devices.getUserMedia({ video }));
    Promise.resolve(tracksStopped()?.then(ask) ?? ask()).then(
      (given) => {
        stream = given;
        // The subscription may have ended while the user was asked.
        if (subscriber.closed) stop();
        else subscriber.next(given);
      },
      (cause: unknown) => subscriber.error(cameraError(cause)),
    );
    return stop;
  });
}

function framesOf(stream: MediaStream, grabber: Grabber, turns: Turns): Observable<Arrival<Pixels>> {
  return defer(() => {
    const [track] = stream.getVideoTracks();
    if (!track) throw new SourceError('not-found', 'the camera has no video track: choose another one');
    const gone = fromEvent(track, 'ended').pipe(
      switchMap(async () => {
        throw await cameraGone(track);
      }),
    );
    // A track that ends completes its frames as well; the order of the two must not matter.
    return merge(concat(trackFrames(track, grabber, turns), NEVER), gone);
  });
}

function checkWishes(
  source: string,
  { width, height, frameRate, facingMode, whenHidden, deviceId }: WebcamOptions,
): void {
  const wrong = (option: string, expected: string, came: unknown) =>
    new OptionError(`${source}: ${option} must be ${expected}, not ${describeValue(came)}`);
  for (const [name, value] of Object.entries({ width, height, frameRate })) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw wrong(name, 'a number over 0', value);
  }
  if (facingMode !== undefined && facingMode !== 'user' && facingMode !== 'environment') {
    throw wrong('facingMode', "'user' or 'environment'", facingMode);
  }
  if (whenHidden !== undefined && whenHidden !== 'pause' && whenHidden !== 'continue') {
    throw wrong('whenHidden', "'pause' or 'continue'", whenHidden);
  }
  if (deviceId !== undefined && (typeof deviceId !== 'string' || deviceId === '')) {
    throw wrong('deviceId', "a camera's id", deviceId);
  }
}
