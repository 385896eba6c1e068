import { resolveResize, type ResizeOptions } from '../../preprocess/fit.ts';
import type { VideoInfo } from './video-info.ts';

/** The part of the picture that `fitRectangles` selects, in whole stored pixels: squaring them is left to the one scaling. */
export function crop(resize: ResizeOptions | undefined): readonly string[] {
  if (resize === undefined) return [];
  const { width, height, fit, centralFraction } = resolveResize(resize);
  if (fit !== 'cover' && centralFraction === 1) return [];
  const [widest, highest] =
    fit === 'cover' ? [`min(iw,ih*${width}/${height}/sar)`, `min(ih,iw*${height}/${width}*sar)`] : ['iw', 'ih'];
  // Not rounded to whole chroma samples (`exact`): a centred crop stays centred.
  return [
    `crop=w='max(1,round(${centralFraction}*${widest}))':h='max(1,round(${centralFraction}*${highest}))':exact=1`,
  ];
}

/** The size of what {@link crop} selects, in stored pixels. `turned`: by its tag, the picture lies on its side. */
export function shownPart(
  { storedWidth, storedHeight, pixelAspect }: VideoInfo,
  turned: boolean,
  resize: ResizeOptions | undefined,
): { readonly width: number; readonly height: number } {
  const [iw, ih] = turned ? [storedHeight, storedWidth] : [storedWidth, storedHeight];
  if (resize === undefined) return { width: iw, height: ih };
  const { width, height, fit, centralFraction } = resolveResize(resize);
  const widest = fit === 'cover' ? Math.min(iw, (ih * width) / height / pixelAspect) : iw;
  const highest = fit === 'cover' ? Math.min(ih, ((iw * height) / width) * pixelAspect) : ih;
  const part = (side: number): number => Math.max(1, Math.round(centralFraction * side));
  return { width: part(widest), height: part(highest) };
}
