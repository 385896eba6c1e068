import type { Animation } from './animation.ts';
import type { Ffmpeg } from './locate.ts';

/** Pictures that only some ffmpeg can read, or none. */
export type PictureKind = 'HEIC' | 'AVIF' | 'ICO' | Animation;

const HEIC = /^(heic|heix|heim|heis|hevc|hevx|mif1|msf1)/;
const AVIF = /^(avif|avis)/;

/** The kind by the first bytes of a file; undefined for all other files, animations among them. */
export function pictureKind(head: Buffer): PictureKind | undefined {
  const text = head.toString('latin1');
  if (text.startsWith('ftyp', 4)) {
    const brands = [text.slice(8, 12), ...(text.slice(16).match(/.{4}/gs) ?? [])];
    if (AVIF.test(brands[0] ?? '')) return 'AVIF';
    if (!HEIC.test(brands[0] ?? '')) return undefined;
    return brands.includes('avif') ? 'AVIF' : 'HEIC';
  }
  if (text.startsWith('\0\0\x01\0') && head.length > 5 && head.readUInt16LE(4) > 0) return 'ICO';
  return undefined;
}

/** Why ffmpeg finds no picture in it, and what to do; undefined if it is of none of these kinds. */
export function whyNoPicture(
  { kind, name }: { readonly kind?: PictureKind; readonly name: string },
  { version }: Pick<Ffmpeg, 'version'>,
): string | undefined {
  const of = kind ?? kindByName(name);
  if (of === undefined) return undefined;
  const what = `${name}: ${of === 'HEIC' || of === 'AVIF' ? 'a picture in' : 'an'} ${of}`;
  const cannot = `which this ffmpeg (${version}) does not read`;
  switch (of) {
    case 'HEIC':
      return `${what}, ${cannot}: ffmpeg 7.0 and later read HEIC that is not made of tiles; convert it to JPEG or PNG first`;
    case 'AVIF':
      return `${what}, ${cannot}: ffmpeg 5.1 and later read AVIF that is not made of tiles; convert it to JPEG or PNG first`;
    case 'ICO':
      return `${what}, a set of pictures of several sizes, which sluice does not read: save one of them as PNG`;
    case 'APNG':
    case 'animated WebP':
      return `${what}, ${cannot}: convert it to GIF or MP4 first`;
  }
}

function kindByName(name: string): PictureKind | undefined {
  const [, ending = ''] = /\.(hei[cf]|avif|ico)([?#]|$)/i.exec(name) ?? [];
  return ({ heic: 'HEIC', heif: 'HEIC', avif: 'AVIF', ico: 'ICO' } as const)[ending.toLowerCase()];
}
