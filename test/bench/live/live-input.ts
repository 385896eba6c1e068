/** Frames per second of the live source. */
export const FPS = 20;

/** ffmpeg's arguments for a test picture that comes as from a camera. */
export function liveInput(size: string, seconds: number): string[] {
  const picture = `testsrc2=s=${size}:r=${FPS}`;
  return ['-v', 'error', '-re', '-f', 'lavfi', '-i', picture, '-t', String(seconds)];
}
