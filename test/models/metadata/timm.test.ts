import { WeightsError } from 'sluice';
import { describe, expect, it } from 'vitest';
import { timmPreparation } from '../../../src/models/metadata/timm.ts';

const read = (json: object) => timmPreparation(json as Record<string, unknown>, 'config.json');
const MEAN = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const pretrained = {
  tag: 'a1_in1k',
  input_size: [3, 224, 224],
  fixed_input_size: false,
  interpolation: 'bicubic',
  crop_pct: 0.95,
  crop_mode: 'center',
  ...MEAN,
  num_classes: 1000,
};

describe("timm's config.json", () => {
  it('of today', () => {
    expect(read({ architecture: 'resnet50', num_classes: 1000, pretrained_cfg: pretrained })).toEqual({
      preparation: {
        size: { width: 224, height: 224 },
        normalize: MEAN,
        fit: 'cover',
        centralFraction: 0.95,
        resizeMethod: 'bicubic',
      },
      remarks: [],
    });
  });
  it('of 2021, without a pretrained_cfg', () => {
    const { tag: _, ...flat } = pretrained;
    expect(read({ architecture: 'resnet50', ...flat })?.preparation).toMatchObject({
      normalize: MEAN,
      centralFraction: 0.95,
    });
  });
  it.each([
    ['squash', 'fill'],
    ['border', 'contain'],
    ['center', 'cover'],
  ])('crop_mode %s is %s', (mode, fit) => {
    expect(read({ pretrained_cfg: { ...pretrained, crop_mode: mode } })?.preparation.fit).toBe(fit);
  });
  it.each([
    ['bilinear', 'antialias'],
    ['nearest', 'nearest'],
    ['lanczos', 'lanczos'],
    ['', undefined],
  ])('interpolation %j is %s', (interpolation, method) => {
    expect(read({ pretrained_cfg: { ...pretrained, interpolation } })?.preparation.resizeMethod).toBe(method);
  });
  it('sides that differ, and all of the picture', () => {
    const { preparation } = read({ pretrained_cfg: { input_size: [3, 96, 320], crop_pct: 1 } }) ?? {};
    expect(preparation).toEqual({ size: { width: 320, height: 96 }, fit: 'cover' });
  });
  it('says what it does not do', () => {
    expect(read({ pretrained_cfg: { interpolation: 'hamming' } })?.remarks).toEqual([
      expect.stringContaining('interpolation hamming is resized as area'),
    ]);
  });
  it('is not a file of another program', () => {
    expect(read({ model_type: 'vit', mean: [0, 0, 0] })).toBeUndefined();
    expect(read({})).toBeUndefined();
  });
  it.each([
    [{ pretrained_cfg: [] }, 'config.json: pretrained_cfg is [], not an object'],
    [{ pretrained_cfg: { input_size: 224 } }, 'config.json (pretrained_cfg): input_size is 224'],
    [{ pretrained_cfg: { input_size: [3, 0, 224] } }, 'input_size is [3, 0, 224], not the numbers of channels'],
    [{ pretrained_cfg: { mean: 'imagenet' } }, 'mean is "imagenet", not a number'],
    [{ pretrained_cfg: { crop_pct: 0 } }, 'crop_pct is 0, not a number over 0'],
  ])('refuses %j', (json, message) => {
    expect(() => read(json)).toThrow(WeightsError);
    expect(() => read(json)).toThrow(message);
  });
});
