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
import { trackFrames, type Turns } from './track-frames.ts';
import { whileSeen } from './while-seen.ts';

/** Which camera, and what of it. Sizes and rate are wishes: the camera gives what comes closest. */
export interface WebcamOptions extends GrabOptions, Omit<FrameSourceOptions, 'source'> {
  /** Its name in labels; default `webcam`. */
  readonly source?: string;
  /** This camera and no other, as `navigator.mediaDevices.enumerateDevices()` calls it. */
  readonly deviceId?: string;
  /** The camera that looks at the person, or away; default: the browser's own choice. */
  readonly facingMode?: 'user' | 'environment';
  /** Pixels. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
  /** Frames per second. */
  readonly frameRate?: number;
  /** Whether frames come while nobody sees the page. Default `pause`. */
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
  /** The camera's stream, to show in a `<video>`, each time one is opened. */
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
 * A camera's frames (browser), as they come: what the pipeline can't take in time is dropped, the newest one waits.
 *
 * The camera opens with the first subscription and is let go with the last: teardown, error, or an unplugged camera.
 * Timestamps are the camera's own, in µs. While nobody sees the page, no frames come, unless `whenHidden: 'continue'`.
 * Frames that the camera gave while the page was too busy to take them are counted, as dropped with cause `missed`.
 *
 * Throws `OptionError`. Fails with `SourceError` whose `code` is `permission` (not given, or taken back), `not-found`,
 * `in-use`, `overconstrained` (naming the constraint), `insecure` (cameras are for https pages only), `unplugged`, or
 * `ended` (it stopped, and nobody knows why).
 *
 * @example
 * webcam({ facingMode: 'environment', resize: { width: 224, height: 224 } }).subscribe(draw).unsubscribe();
 */
export function webcam(options: WebcamOptions = {}): WebcamSource {
  return new WebcamSource(options);
}

/** The stream, until it is unsubscribed from: then the camera is let go. */
function openCamera(video: MediaTrackConstraints): Observable<MediaStream> {
  return new Observable((subscriber) => {
    // Not there on pages that are not secure, whatever the types say.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (!devices) {
      subscriber.error(new SourceError('insecure', 'cameras are for pages from https or localhost only'));
      return;
    }
    let stream: MediaStream | undefined;
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    devices.getUserMedia({ video }).then(
      (given) => {
        stream = given;
        // Whoever left while the person was being asked has no use for it.
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
    if (!track) throw new SourceError('not-found', 'the camera gives no picture');
    const gone = fromEvent(track, 'ended').pipe(
      switchMap(async () => {
        throw await cameraGone(track);
      }),
    );
    // A track that ends, ends its frames as well: which of the two is told first must not matter.
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
