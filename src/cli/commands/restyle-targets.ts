import path from 'node:path';
import { OptionError } from '../../errors/errors.ts';
import { isTemplate, outPaths } from '../../sinks/files/out-template.ts';
import { checkFolders } from '../../sinks/files/output-folder.ts';
import { refuseInputAsOutput } from '../../sinks/files/output-is-input.ts';

const VIDEO = /\.(mp4|m4v|\{ext\})$/i;
const OTHER_VIDEO = /\.(3gp|avi|flv|gif|m2ts|mkv|mov|mpe?g|ogv|webm|wmv)$/i;
const PICTURE = /\.(jpe?g|png|webp|bmp|tiff?|heic|avif)$/i;

/** Whether pictures are written as a video, and not as files in a folder. */
export function isVideoOut(out: string): boolean {
  return VIDEO.test(out);
}

/** Whether an input is one picture, and not a video. */
export function isPicture(name: string): boolean {
  return PICTURE.test(name);
}

/**
 * Where the pictures of each input go: the path of its video, or of its first picture in a folder. Throws `OptionError` if something would be
 * written twice, or over an input.
 */
export function restyleTargets(
  names: readonly string[],
  out: string,
  format: 'png' | 'jpeg' | 'webp',
): ReadonlyMap<string, string> {
  if (OTHER_VIDEO.test(out)) throw new OptionError(`--out ${out}: videos are written as .mp4 only`);
  const targets = isVideoOut(out) ? videosAt(out, names) : picturesIn(out, names, format === 'jpeg' ? 'jpg' : format);
  refuseInputAsOutput(names, [...targets.values()]);
  checkFolders(targets.values());
  return targets;
}

function videosAt(out: string, names: readonly string[]): ReadonlyMap<string, string> {
  if (isTemplate(out)) return outPaths(out, names, 'mp4');
  if (names.length > 1) {
    throw new OptionError(
      `--out ${out} is one file, but there are ${names.length} inputs: write a file for each, as with --out '{dir}/{name}-new.{ext}'`,
    );
  }
  return new Map(names.map((name) => [name, out]));
}

function picturesIn(folder: string, names: readonly string[], extension: string): ReadonlyMap<string, string> {
  if (isPicture(folder)) {
    throw new OptionError(
      `--out ${folder} is a picture: give a folder, such as ${path.dirname(folder)}${path.sep}, with --format`,
    );
  }
  if (isTemplate(folder)) throw new OptionError(`--out ${folder}: a template is for videos, and ends in .mp4 or {ext}`);
  const pathsOf = (inputs: readonly string[], name: string) =>
    outPaths(path.join(folder, `${name}.${extension}`), inputs, extension);
  const pictures = pathsOf(names.filter(isPicture), '{name}');
  const frames = pathsOf(
    names.filter((name) => !isPicture(name)),
    '{name}-000000',
  );
  return new Map([...pictures, ...frames]);
}

/** The name, without extension, of frame number `seq` of an input whose first picture is `target`. */
export function pictureName(input: string, target: string, seq: number): string {
  const { name } = path.parse(target);
  return isPicture(input) ? name : name.replace(/0{6}$/, String(seq).padStart(6, '0'));
}
