import { Observable } from 'rxjs';
import { messageOf, SourceError } from '../../errors.ts';
import type { Arrival } from '../../flow/arrival.ts';
import type { Pixels } from '../../preprocess/pixels.ts';
import { elementFrames } from './element-frames.ts';
import type { Grabber } from './grabber.ts';

/** Not in TypeScript's DOM yet (W3C mediacapture-transform). */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorClass = new (init: {
  readonly track: MediaStreamTrack;
  readonly maxBufferSize?: number;
}) => TrackProcessor;

/** @internal The frames of a camera's track, as the camera gives them; those that `wanted` refuses are let go unread. */
export function trackFrames(
  track: MediaStreamTrack,
  grabber: Grabber,
  wanted: () => boolean,
): Observable<Arrival<Pixels>> {
  const { MediaStreamTrackProcessor: Processor } = globalThis as { MediaStreamTrackProcessor?: TrackProcessorClass };
  return Processor
    ? processed(new Processor({ track, maxBufferSize: 1 }), grabber, wanted)
    : played(track, grabber, wanted);
}

function processed({ readable }: TrackProcessor, grabber: Grabber, wanted: () => boolean): Observable<Arrival<Pixels>> {
  return new Observable((subscriber) => {
    const reader = readable.getReader();
    // A read that is cancelled while the browser answers it would lose a frame unclosed: the last one is awaited.
    const read = async () => {
      while (!subscriber.closed) {
        const { done, value: frame } = await reader.read();
        if (done) break;
        let arrival: Arrival<Pixels> | undefined;
        try {
          // Two frames that are not closed stall the camera: a copy goes on, the frame itself at once.
          if (wanted()) {
            arrival = {
              data: grabber.grab(frame, frame.displayWidth, frame.displayHeight),
              timestamp: frame.timestamp,
            };
          }
        } finally {
          frame.close();
        }
        if (arrival) subscriber.next(arrival);
      }
      await reader.cancel();
    };
    read().then(
      () => subscriber.complete(),
      (cause: unknown) =>
        subscriber.error(new SourceError('camera', `the camera can't be read on: ${messageOf(cause)}`, { cause })),
    );
  });
}

/** Where frames can't be read from the track itself, it is played in a video that nobody sees. */
function played(track: MediaStreamTrack, grabber: Grabber, wanted: () => boolean): Observable<Arrival<Pixels>> {
  return new Observable((subscriber) => {
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    const frames = elementFrames(video, grabber, wanted).subscribe(subscriber);
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
