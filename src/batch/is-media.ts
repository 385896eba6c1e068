import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isTransportStream } from './transport-stream.ts';

/** The endings of names of videos and pictures. */
const ENDINGS: ReadonlySet<string> = new Set(
  `3g2 3gp 3gpp 264 265 amv apng asf avi avif avs2 avs3 bmp dib divx dv f4v flv gif gxf h261 h263 h264 h265 heic heics heif
  heifs hevc hif insv ivf j2c j2k jfi jfif jif jp2 jpc jpe jpeg jpf jpg jpx jxl lrv m1v m2p m2t m2ts m2v m4v mj2 mjp2 mjpeg mjpg
  mkv mod mov mp2v mp4 mp4v mpe mpeg mpg mpo mpv mpv2 mts mxf nsv nut obu ogm ogv ogx pbm pgm png pnm ppm qt rm rmvb tga tif tiff
  tod tp trp ts vob vp8 vp9 webm webp wmv wtv xvid y4m`.split(/\s+/),
);

/** How many bytes of a file decide whether it is what its ending says. */
const LOOKED_AT = 65_536;

/** Endings that other files have, too, and what tells the videos from them. */
const BY_CONTENT: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  // TypeScript, and translations of Qt. A text may repeat a letter at even distances, too.
  ts: (bytes) => !isText(bytes) && isTransportStream(bytes),
  mts: (bytes) => !isText(bytes) && isTransportStream(bytes),
  // Go's modules.
  mod: (bytes) => !isText(bytes),
};

/** Whether bytes are a text: without a byte 0, or in UTF-16 with its mark at the beginning. */
function isText(bytes: Uint8Array): boolean {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  return mark === 0xfffe || mark === 0xfeff || !bytes.includes(0);
}

/** Returns the ending of a name in lower case, without the dot; empty if there is none. */
export function endingOf(name: string): string {
  return /[^/\\]\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** Returns whether a file is a video or a picture: by its name, and where other files have such names, by its content. */
export function isMedia(file: string): boolean {
  const ending = endingOf(file);
  if (!ENDINGS.has(ending)) return false;
  const isRight = Object.hasOwn(BY_CONTENT, ending) ? BY_CONTENT[ending] : undefined;
  if (!isRight) return true;
  const bytes = beginningOf(file);
  return bytes === undefined || isRight(bytes);
}

/** The first bytes of a file. Undefined if it cannot be read: the worker that labels it says why. */
function beginningOf(file: string): Uint8Array | undefined {
  try {
    // Before it is opened: opening a pipe would wait for its writer.
    if (!statSync(file).isFile()) return undefined;
    const handle = openSync(file, 'r');
    try {
      const bytes = new Uint8Array(LOOKED_AT);
      return bytes.subarray(0, readSync(handle, bytes, 0, LOOKED_AT, 0));
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}
