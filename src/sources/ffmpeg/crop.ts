import { resolveResize, type ResizeOptions } from '../../preprocess/fit.ts';

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
