import { Observable } from 'rxjs';
import { messageOf, SourceError } from '../../errors/errors.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { CameraPicture } from './camera-picture.ts';
import { elementFrames } from './element-frames.ts';
import type { Grabber } from './grabber.ts';
import { stopAfter } from './stopping-tracks.ts';

/** Not in TypeScript's DOM yet (W3C mediacapture-transform). */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorClass = new (init: {
  readonly track: MediaStreamTrack;
  readonly maxBufferSize?: number;
}) => TrackProcessor;

/** An operator that may unsubscribe from a source and subscribe to it again. */
export type Turns = <T>(frames: Observable<T>) => Observable<T>;

/** @internal The frames of a camera's track, while `turns` is subscribed to them. */
export function trackFrames(track: MediaStreamTrack, grabber: Grabber, turns: Turns): Observable<Arrival<Pixels>> {
  const { MediaStreamTrackProcessor: Processor } = globalThis as { MediaStreamTrackProcessor?: TrackProcessorClass };
  return Processor ? turns(processed(track, Processor, grabber)) : played(track, grabber, turns);
}

function processed(
  track: MediaStreamTrack,
  Processor: TrackProcessorClass,
  grabber: Grabber,
): Observable<Arrival<Pixels>> {
  return new Observable((subscriber) => {
    // A track of its own, which ends a little later than the camera's.
    const own = track.clone();
    const reader = new Processor({ track: own, maxBufferSize: 1 }).readable.getReader();
    const missing = new MissingFrames(own);
    let before: CameraPicture | undefined;
    const read = async () => {
      while (!subscriber.closed) {
        const { done, value: frame } = await reader.read();
        if (done) break;
        // The page may stop the camera's track or switch it off, and that holds for this one.
        const isSwitched = own.enabled !== track.enabled;
        own.enabled = track.enabled;
        const isOver = subscriber.closed || track.readyState === 'ended';
        if (isOver || isSwitched) frame.close();
        if (isOver) break;
        if (isSwitched) continue;
        const { timestamp } = frame;
        const picture = new CameraPicture(frame, grabber);
        subscriber.next({ data: picture, timestamp, missed: missing.next() });
        // Frames that are not closed stall the camera: one that is still unread is read when the next one is there.
        before?.settle();
        before = picture;
      }
    };
    const reading = read().then(
      () => subscriber.complete(),
      (cause: unknown) =>
        subscriber.error(new SourceError('camera', `the camera can't be read on: ${messageOf(cause)}`, { cause })),
    );
    return () => stopAfter(reading, own);
  });
}

/** The camera's own account (W3C mediacapture-extensions); not in TypeScript's DOM, nor in every browser. */
interface CountedTrack {
  readonly stats?: { readonly totalFrames: number; readonly discardedFrames: number };
}

/** Counts the frames of the camera that were not read in time. */
class MissingFrames {
  readonly #track: CountedTrack;
  #before: number | undefined;
  #read = 0;
  #told = 0;

  constructor(track: MediaStreamTrack) {
    this.#track = track as unknown as CountedTrack;
  }

  /** How many frames were missed since the last call. Call it for each frame that is read. */
  next(): number {
    const { stats } = this.#track;
    if (!stats) return 0;
    this.#read++;
    // Frames that are left out for a lower frame rate do not count.
    const given = stats.totalFrames - stats.discardedFrames;
    this.#before ??= given - 1;
    // The newest may be on its way, to be read next.
    const missing = Math.max(0, given - this.#before - this.#read - 1 - this.#told);
    this.#told += missing;
    return missing;
  }
}

/** For browsers that cannot read frames from a track: plays it in a hidden video element. */
function played(track: MediaStreamTrack, grabber: Grabber, turns: Turns): Observable<Arrival<Pixels>> {
  return new Observable((subscriber) => {
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    const frames = turns(elementFrames(video, grabber)).subscribe(subscriber);
    video.play().catch((cause: unknown) => {
      if (!subscriber.closed) {
        subscriber.error(new SourceError('camera', `the camera does not play: ${messageOf(cause)}`, { cause }));
      }
    });
    return () => {
      frames.unsubscribe();
      video.pause();
      video.srcObject = null;
    };
  });
}
