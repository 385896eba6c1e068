/** Not in TypeScript's DOM (Chromium's). */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

/**
 * A camera whose frames come as fast as the page takes them, 320 × 240, all different: what a page gets that asks for one.
 * It goes on until it is stopped, as cameras do.
 */
export function installFastCamera(): void {
  navigator.mediaDevices.getUserMedia = async () => {
    const { MediaStreamTrackGenerator: Generator } = globalThis as unknown as {
      MediaStreamTrackGenerator: new (init: { readonly kind: 'video' }) => TrackGenerator;
    };
    const track = new Generator({ kind: 'video' });
    void feed(track);
    return new MediaStream([track]);
  };
}

async function feed(track: TrackGenerator): Promise<void> {
  const writer = track.writable.getWriter();
  const canvas = new OffscreenCanvas(320, 240);
  // In memory: a GPU in software falls behind this many frames, and whoever reads one waits for all of those before it.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  for (let k = 0; context && track.readyState === 'live'; k++) {
    context.fillStyle = `hsl(${k % 360} 80% 50%)`;
    context.fillRect((k * 7) % 300, (k * 11) % 220, 60, 60);
    // The writer closes it.
    await writer.write(new VideoFrame(canvas, { timestamp: k * 1000 })).catch(() => undefined);
    // A turn for whoever reads.
    await new Promise((next) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        next(undefined);
      };
      port2.postMessage(undefined);
    });
  }
}
