import type { Range } from '../colour.ts';
import type { VideoInfo } from './video-info.ts';

const MATRIX =
  /^(bt709|bt470bg|smpte170m|smpte240m|fcc|bt2020\w+|ycgco|ycocg|gbr|ictcp|unknown|reserved|chroma-\S+)(\/|$)/;
const FIELDS = /^(top|bottom) /;
const STILL_CONTAINER = /^image2$|_pipe$/;
const COVER_CODEC = /^(png|mjpeg|bmp|gif|webp|jpegxl)$/;

/**
 * Reads the description that `ffmpeg -i FILE` prints: all video streams that are not cover pictures.
 *
 * `separator` is what stands between the fields of a stream. Where nobody but ffmpeg knows it, no title of the file can pass for
 * a stream.
 */
export function parseInfo(text: string, separator = ', '): readonly VideoInfo[] | 'not-media' {
  const container = /^Input #0, (\S+), from /m.exec(text)?.[1];
  // `tty` takes any text for an animation in ANSI art.
  if (container === undefined || container === 'tty') return 'not-media';
  const isStream = (line: string) => /^ {2,4}Stream #0:\d+/.test(line) && line.includes(separator);
  const lines = text.split('\n');
  const starts = lines.flatMap((line, i) => (isStream(line) ? [i] : []));
  const head = lines.slice(0, starts[0]).join('\n');
  return starts.flatMap((start, i) => {
    const block = lines
      .slice(start, starts[i + 1])
      .join('\n')
      .trimStart();
    return parseStream(block.replaceAll(separator, ', '), container, head) ?? [];
  });
}

function parseStream(block: string, container: string, head: string): VideoInfo | undefined {
  const [line = ''] = block.split('\n');
  const [, stream, codec, rest] = /^Stream #0:(\d+)\S*: Video: (\w+)(.*)$/.exec(line) ?? [];
  const size = / ([1-9]\d*)x([1-9]\d*)(?:,|\s|$)/.exec(rest ?? '');
  if (stream === undefined || codec === undefined || rest === undefined || size === null) return undefined;
  const still = STILL_CONTAINER.test(container);
  const frameRate = numberBefore(' fps', rest) ?? numberBefore(' tbr', rest);
  if (!still && isCover(codec, rest)) return undefined;

  const storedWidth = Number(size[1]);
  const storedHeight = Number(size[2]);
  const [pixelFormat, tags] = pixels(rest.slice(0, size.index));
  // The codec's aspect stands in the brackets; where the container has another, that one follows, and counts.
  const pixelAspect = aspect([...rest.matchAll(/\bSAR (\d+):(\d+)/g)].at(-1));
  const rotation = still ? 0 : rotationOf(block);
  const { width, height } = shownSize(storedWidth, storedHeight, pixelAspect, rotation);
  const durationSeconds = still ? undefined : clock(/^ {2}Duration: (\d+):(\d+):([\d.]+)/m.exec(head));
  const frames = durationSeconds === undefined || frameRate === undefined ? undefined : durationSeconds * frameRate;
  return {
    container,
    codec,
    width,
    height,
    storedWidth,
    storedHeight,
    pixelAspect,
    rotation,
    pixelFormat,
    ...colourTags(tags),
    interlaced: tags.some((tag) => FIELDS.test(tag)),
    range: rangeOf(tags),
    durationSeconds,
    startSeconds: Number(/^ {2}Duration: .*, start: (-?[\d.]+)/m.exec(head)?.[1] ?? 0),
    frameRate: still ? undefined : frameRate,
    estimatedFrames: still ? 1 : frames === undefined ? undefined : Math.max(1, Math.round(frames)),
    still,
    stream: Number(stream),
    isDefault: rest.includes('(default)'),
  };
}

/** Newer builds say so; the one of 2018 does not, but a cover has no frame rate and the clock of a cover, 90 kHz. */
function isCover(codec: string, rest: string): boolean {
  if (rest.includes('(attached pic)')) return true;
  return COVER_CODEC.test(codec) && !rest.includes(' fps') && rest.includes('90k tbr, 90k tbn');
}

/** `… (avc1 / 0x31637661), yuv420p(tv, bt709, progressive),` → `yuv420p` and its tags. */
function pixels(text: string): [string, readonly string[]] {
  // What stands in brackets may hold commas: cut at those outside.
  const [, second = ''] = text.replace(/\([^)]*\)/g, (brackets) => brackets.replaceAll(',', ';')).split(',');
  const [, format = 'none', tags = ''] = /^\s*(\w+)(?:\(([^)]*)\))?/.exec(second) ?? [];
  return [format, tags.split(';').map((tag) => tag.trim())];
}

function rangeOf(tags: readonly string[]): Range | undefined {
  return tags.includes('pc') ? 'full' : tags.includes('tv') ? 'limited' : undefined;
}

/** `bt2020nc/bt2020/smpte2084`: matrix, primaries, transfer; one name where all three are the same. */
function colourTags(tags: readonly string[]): Pick<VideoInfo, 'matrix' | 'primaries' | 'transfer'> {
  const tag = tags.find((one) => MATRIX.test(one)) ?? '';
  const names = tag.split('/').map(known);
  const [matrix, primaries, transfer] = names.length === 1 ? [names[0], names[0], names[0]] : names;
  return { matrix, primaries, transfer };
}

function known(name: string): string | undefined {
  return name === '' || name === 'unknown' || name === 'reserved' ? undefined : name;
}

/** ffmpeg prints the angle counter-clockwise, −180 to 180. */
function rotationOf(block: string): number {
  // A line of its own: in a title it would have the title's name before it.
  const angle = Number(/^\s*displaymatrix: rotation of (-?[\d.]+) degrees$/m.exec(block)?.[1] ?? 0);
  return (((-Math.round(angle) % 360) + 360) % 360) + 0;
}

/** Square pixels by growing, never by shrinking: nothing that was stored is lost. */
function shownSize(
  storedWidth: number,
  storedHeight: number,
  pixelAspect: number,
  rotation: number,
): { width: number; height: number } {
  const width = pixelAspect > 1 ? Math.max(1, Math.round(storedWidth * pixelAspect)) : storedWidth;
  const height = pixelAspect < 1 ? Math.max(1, Math.round(storedHeight / pixelAspect)) : storedHeight;
  return rotation % 180 === 90 ? { width: height, height: width } : { width, height };
}

function aspect(match: RegExpExecArray | undefined): number {
  const ratio = Number(match?.[1]) / Number(match?.[2]);
  return ratio > 0 && Number.isFinite(ratio) ? ratio : 1;
}

function clock(match: RegExpExecArray | null): number | undefined {
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

function numberBefore(unit: string, text: string): number | undefined {
  const [, digits, kilo] = new RegExp(`([\\d.]+)(k?)${unit}`).exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (kilo === 'k' ? 1000 : 1);
}
