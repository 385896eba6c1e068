import type { ResizeMethod } from '../../preprocess/fit.ts';
import { Fields, isSide } from './fields.ts';
import type { StatedPreparation, StatedSettings } from './stated-settings.ts';

const INTERPOLATIONS: ReadonlyMap<string, ResizeMethod> = new Map([
  ['nearest', 'nearest'],
  ['bilinear', 'antialias'],
  ['random', 'antialias'],
  ['bicubic', 'bicubic'],
  ['lanczos', 'lanczos'],
  ['box', 'area'],
]);

/**
 * @internal What a `config.json` of timm states in its `pretrained_cfg`; in older files its fields are those of the whole file. Returns
 * undefined for a file that is not timm's. Throws `WeightsError` for a field of another kind than it must be.
 */
export function timmPreparation(
  json: Readonly<Record<string, unknown>>,
  file: string,
): Pick<StatedSettings, 'preparation' | 'remarks'> | undefined {
  const whole = new Fields(file, json);
  const isFlat = ['architecture', 'input_size', 'mean', 'std'].every((name) => whole.has(name));
  const fields = whole.inner('pretrained_cfg') ?? (isFlat ? whole : undefined);
  if (!fields) return undefined;
  const remarks: string[] = [];
  const [mean, std] = [fields.perChannel('mean'), fields.perChannel('std', 0)];
  const size = inputSize(fields);
  const part = fields.positive('crop_pct');
  const mode = fields.text('crop_mode') ?? 'center';
  const name = fields.text('interpolation');
  const resizeMethod = INTERPOLATIONS.get(name ?? '');
  if (name !== undefined && name !== '' && !resizeMethod) {
    remarks.push(`${file}: interpolation ${name.slice(0, 50)} is resized as area: give resizeMethod (--resize-method)`);
  }
  return {
    preparation: {
      ...(size ? { size } : {}),
      ...(mean === undefined || std === undefined ? {} : { normalize: { mean, std } }),
      fit: mode === 'squash' ? 'fill' : mode === 'border' ? 'contain' : 'cover',
      ...(part === undefined || part >= 1 ? {} : { centralFraction: part }),
      ...(resizeMethod ? { resizeMethod } : {}),
    },
    remarks,
  };
}

/** `[channels, height, width]`. */
function inputSize(fields: Fields): StatedPreparation['size'] {
  const value = fields.get('input_size');
  if (value === undefined) return undefined;
  const [, height, width]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (isSide(width) && isSide(height)) return { width, height };
  throw fields.wrong('input_size', 'the numbers of channels, rows and columns');
}
