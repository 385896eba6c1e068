import { describeValue } from '../../errors/describe-value.ts';
import type { ResizeMethod } from '../../preprocess/fit.ts';
import { Fields, isSide } from './fields.ts';
import type { StatedPreparation, StatedSettings } from './stated-settings.ts';

/** The filters of Pillow, by their numbers; `hamming` (5) is missing. */
const RESAMPLE: readonly ResizeMethod[] = ['nearest', 'lanczos', 'antialias', 'bicubic', 'area'];

/** Processors for which a plain number as `size` is the length of the shorter side; for all others it is that of both sides. */
const BY_SHORTER_SIDE = /clip|convne?xt|levit|mobile_?net|mobile_?vit|pool_?former|^bit|video_?mae|pvt/i;

/** Below this size, ConvNeXT enlarges by `crop_pct` and crops; from it on, it stretches. */
const CONVNEXT_STRETCHES = 384;

/**
 * @internal What a `preprocessor_config.json` of Hugging Face states, as its image processors and the older feature extractors
 * write it. Throws `WeightsError` for a field of another kind than it must be.
 */
export function huggingFacePreparation(
  json: Readonly<Record<string, unknown>>,
  file: string,
): Pick<StatedSettings, 'preparation' | 'remarks'> {
  const whole = new Fields(file, json);
  const fields = whole.inner('image_processor') ?? whole;
  const remarks: string[] = [];
  const method = resampling(fields, file, remarks);
  return {
    preparation: {
      ...geometry(fields, file, remarks),
      ...normalization(fields),
      ...(fields.flag('do_flip_channel_order') ? { channelOrder: 'bgr' } : {}),
      ...(method ? { resizeMethod: method } : {}),
    },
    remarks,
  };
}

/** y = (x · factor − mean) / deviation. Undefined if nothing is stated. */
function normalization(fields: Fields): Pick<StatedPreparation, 'normalize'> {
  const [mean, std] = [fields.perChannel('image_mean'), fields.perChannel('image_std', 0)];
  const [normalizes, rescales] = [fields.flag('do_normalize'), fields.flag('do_rescale')];
  const scale = rescales === false ? 1 : (fields.positive('rescale_factor') ?? 1 / 255);
  // EfficientNet and ViViT take 1 off after they have scaled.
  const offset = rescales !== false && (fields.flag('rescale_offset') ?? fields.flag('offset')) ? 1 : 0;
  if (normalizes === false) return { normalize: { range: [0 - offset, 255 * scale - offset] } };
  // Without them, the defaults of the processor's class hold, which is code.
  if (mean === undefined || std === undefined) return {};
  const shifted = typeof mean === 'number' ? mean + offset : mean.map((value) => value + offset);
  return { normalize: { scale, mean: shifted, std } };
}

function resampling(fields: Fields, file: string, remarks: string[]): ResizeMethod | undefined {
  const code = fields.get('resample');
  if (code === undefined || fields.flag('do_resize') === false) return undefined;
  const method = typeof code === 'number' ? RESAMPLE[code] : undefined;
  if (method) return method;
  remarks.push(`${file}: resample ${describeValue(code)} is resized as area: give resizeMethod (--resize-method)`);
  return undefined;
}

interface Sides {
  readonly width: number;
  readonly height: number;
}

/** The size, and how a picture is brought to it: first resized, then cropped in the middle. */
function geometry(fields: Fields, file: string, remarks: string[]): StatedPreparation {
  const crop = fields.flag('do_center_crop') === false ? undefined : sides(fields, 'crop_size');
  const resized = fields.flag('do_resize') === false ? undefined : fields.get('size');
  if (resized === undefined) {
    if (!crop) return {};
    remarks.push(
      `${file}: pictures are to be cropped without being resized, but they are resized to ${crop.width}x${crop.height}`,
    );
    return { size: crop };
  }
  const shorter = shorterSide(fields);
  if (shorter !== undefined) {
    const part = fields.positive('crop_pct', 1);
    // ConvNeXT and PoolFormer: `size` is what remains after the crop.
    if (!crop && part !== undefined) {
      const size = { width: shorter, height: shorter };
      return shorter < CONVNEXT_STRETCHES ? { size, fit: 'cover', centralFraction: part } : { size, fit: 'fill' };
    }
    if (!crop) return { size: { width: shorter, height: shorter }, fit: 'cover' };
    const side = Math.min(crop.width, crop.height);
    return { size: crop, fit: 'cover', ...fraction(side / (shorter * enlarged(fields)), file, remarks) };
  }
  const size = sides(fields, 'size') ?? crop;
  if (!size) return {};
  if (fields.flag('do_pad') || isLongerSide(fields.get('size'))) return { size, fit: 'contain' };
  if (!crop) return { size, fit: 'fill' };
  const [across, down] = [crop.width / size.width, crop.height / size.height];
  if (Math.abs(across - down) > 0.01) {
    remarks.push(`${file}: the crop keeps other parts of width and height, but the same part of both is used`);
  }
  return { size: crop, fit: 'fill', ...fraction(Math.min(across, down), file, remarks) };
}

/** LeViT resizes to 256/224 of `size`. */
function enlarged(fields: Fields): number {
  return /levit/i.test(kindOf(fields)) ? 256 / 224 : 1;
}

function kindOf(fields: Fields): string {
  return fields.text('image_processor_type') ?? fields.text('feature_extractor_type') ?? '';
}

function isLongerSide(size: unknown): boolean {
  return typeof size === 'object' && size !== null && Object.keys(size).join() === 'longest_edge';
}

function fraction(part: number, file: string, remarks: string[]): Pick<StatedPreparation, 'centralFraction'> {
  if (part <= 1) return part === 1 ? {} : { centralFraction: part };
  remarks.push(
    `${file}: crop_size is larger than size, so pictures would get black edges; they fill the input instead`,
  );
  return {};
}

/** The length that the shorter side of a picture is brought to, if that is what `size` means. */
function shorterSide(fields: Fields): number | undefined {
  const size = fields.get('size');
  if (isSide(size)) {
    return BY_SHORTER_SIDE.test(kindOf(fields)) || fields.has('crop_pct') ? size : undefined;
  }
  if (Array.isArray(size) || typeof size !== 'object') return undefined;
  const inner = fields.inner('size');
  const edge = inner?.get('shortest_edge');
  if (edge === undefined || isSide(edge)) return edge;
  throw fields.wrong('size', 'whole numbers of pixels');
}

/** `224`, `[224, 224]`, `{ height, width }`, or `{ shortest_edge }` and `{ longest_edge }` as a square. */
function sides(fields: Fields, name: string): Sides | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const inner = typeof value === 'object' && !Array.isArray(value) ? fields.inner(name) : undefined;
  const edge = inner?.get('shortest_edge') ?? inner?.get('longest_edge');
  const [height, width]: readonly unknown[] = Array.isArray(value)
    ? value
    : inner
      ? [inner.get('height') ?? edge, inner.get('width') ?? edge]
      : [value, value];
  if (isSide(width) && isSide(height)) return { width, height };
  throw fields.wrong(name, 'whole numbers of pixels');
}

/** @internal The size of the input that a `config.json` of Hugging Face states as `image_size`, if it does. */
export function imageSize(json: Readonly<Record<string, unknown>>, file: string): StatedPreparation['size'] {
  return sides(new Fields(file, json), 'image_size');
}
