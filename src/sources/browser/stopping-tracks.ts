/** How long a track waits for its last frame, in milliseconds. */
const LAST_FRAME_MS = 200;

const stopping = new Set<Promise<void>>();

/**
 * @internal Stops a track when its last frame was read. Chromium does not close a frame that is on its way to the page when a
 * track stops, and warns of it on the console.
 */
export function stopAfter(lastRead: Promise<unknown>, track: MediaStreamTrack): void {
  const late = new Promise((resolve) => setTimeout(resolve, LAST_FRAME_MS));
  const stopped = Promise.race([lastRead, late]).then(() => {
    track.stop();
    stopping.delete(stopped);
  });
  stopping.add(stopped);
}

/** @internal Resolves when all these tracks have stopped: a phone may have only one camera open. Undefined: none is left. */
export function tracksStopped(): Promise<unknown> | undefined {
  return stopping.size === 0 ? undefined : Promise.all(stopping);
}
