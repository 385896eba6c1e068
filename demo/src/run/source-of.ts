import { firstValueFrom, map } from 'rxjs';
import { SourceError, type FrameSourceChanges, type Pixels, type ResizeOptions, type Source } from 'sluice';
import { imageFiles, videoFile, webcam } from 'sluice/browser';
import type { Observable } from 'rxjs';
import sample from '../../../samples/cockatoo.mp4?url';
import { Drawing } from '../board/drawing.ts';
import { drawingFrames } from '../board/drawing-frames.ts';
import { asItPlays } from './as-it-plays.ts';
import { isFile, type Choice, type Lines } from './choice.ts';

/** Whether the chosen files are pictures. */
export function arePictures(source: Choice['source']): boolean {
  return isFile(source) && source !== 'sample' && source.some(({ type }) => type.startsWith('image/'));
}

/** Throws if not one frame of the files can be shown. */
export async function checkFiles(files: readonly File[]): Promise<void> {
  const [file] = files;
  if (file) await firstValueFrom<unknown>(arePictures(files) ? imageFiles(files) : videoFile(file));
}

/** Opens the chosen source. */
export async function sourceOf(
  { source, lines, facing, asItPlays: live }: Choice,
  changes: Observable<FrameSourceChanges>,
  onWarning: (message: string) => void,
): Promise<Source<Pixels>> {
  if (source === 'camera')
    return webcam({ changes, facingMode: facing, flip: facing === 'user', ...cameraSize(lines) });
  if (source instanceof Drawing) return drawingFrames(source, changes);
  if (source !== 'sample' && arePictures(source)) {
    const warn = ({ message }: { readonly message: string }) => onWarning(message);
    if (live) return asItPlays(imageFiles(source, { onWarning: warn }), changes);
    return imageFiles(source, { changes, onWarning: warn });
  }
  const [file] = source === 'sample' ? [new URL(sample, location.href)] : source;
  if (!file) throw new SourceError('not-found', 'no file was given');
  const name = source === 'sample' ? { source: 'cockatoo.mp4' } : {};
  const resize = lines === 'whole' ? undefined : await smaller(file, lines, name);
  const options = { ...(resize ? { resize } : {}), ...name };
  return live ? asItPlays(videoFile(file, options), changes) : videoFile(file, { ...options, changes });
}

function cameraSize(lines: Lines): { readonly width?: number; readonly height?: number } {
  if (lines === 'whole') return {};
  return { height: lines, width: lines === 720 ? 1280 : (lines * 4) / 3 };
}

/** The size of a video scaled down to `lines`; undefined if it is no higher than that. */
async function smaller(
  file: Blob | URL,
  lines: number,
  name: { readonly source?: string },
): Promise<ResizeOptions | undefined> {
  const size = map(({ data: { width, height } }: { readonly data: Pixels }) => ({ width, height }));
  const { width, height } = await firstValueFrom(videoFile(file, name).pipe(size), {
    defaultValue: { width: 1, height: 1 },
  });
  return height > lines
    ? { width: Math.max(1, Math.round((width * lines) / height)), height: lines, fit: 'fill' }
    : undefined;
}
