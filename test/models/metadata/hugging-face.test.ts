import { preprocess, WeightsError, type PreprocessOptions } from 'sluice';
import { describe, expect, it } from 'vitest';
import { huggingFacePreparation, imageSize } from '../../../src/models/metadata/hugging-face.ts';

const read = (json: object) => huggingFacePreparation(json as Record<string, unknown>, 'preprocessor_config.json');

const IMAGENET = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };
const HALF = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const scaled = (mean: unknown, std: unknown) => ({ scale: 1 / 255, mean, std });

/** As the hub has them; the settings that say nothing are left out. */
const FILES: readonly [string, object, object][] = [
  [
    'ViT of today',
    {
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      ...HALF,
      image_processor_type: 'ViTImageProcessor',
      resample: 2,
      rescale_factor: 0.00392156862745098,
      size: { height: 224, width: 224 },
    },
    {
      size: { width: 224, height: 224 },
      fit: 'fill',
      resizeMethod: 'antialias',
      normalize: { scale: 0.00392156862745098, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    },
  ],
  [
    'ViT of 2021: a number is the length of both sides',
    { do_normalize: true, do_resize: true, ...HALF, size: 224, feature_extractor_type: 'ViTFeatureExtractor' },
    { size: { width: 224, height: 224 }, fit: 'fill', normalize: scaled([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) },
  ],
  [
    'DeiT of 2021: stretched to 256, of which 224 remain',
    { crop_size: 224, do_center_crop: true, do_normalize: true, do_resize: true, ...IMAGENET, resample: 3, size: 256 },
    {
      size: { width: 224, height: 224 },
      fit: 'fill',
      centralFraction: 224 / 256,
      resizeMethod: 'bicubic',
      normalize: scaled(IMAGENET.image_mean, IMAGENET.image_std),
    },
  ],
  [
    'CLIP of 2021: a number is the shorter side',
    {
      crop_size: 224,
      do_center_crop: true,
      ...HALF,
      resample: 3,
      size: 224,
      feature_extractor_type: 'CLIPFeatureExtractor',
    },
    {
      size: { width: 224, height: 224 },
      fit: 'cover',
      resizeMethod: 'bicubic',
      normalize: scaled([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    },
  ],
  [
    'CLIP of today',
    {
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_convert_rgb: true,
      do_normalize: true,
      ...HALF,
      resample: 3,
      rescale_factor: 1 / 255,
      size: { shortest_edge: 224 },
    },
    {
      size: { width: 224, height: 224 },
      fit: 'cover',
      resizeMethod: 'bicubic',
      normalize: scaled([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    },
  ],
  [
    'MobileNet v2: the shorter side to 256, then a crop',
    {
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      ...HALF,
      resample: 2,
      size: { shortest_edge: 256 },
    },
    {
      size: { width: 224, height: 224 },
      fit: 'cover',
      centralFraction: 0.875,
      resizeMethod: 'antialias',
      normalize: scaled([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    },
  ],
  [
    'ConvNeXT and ResNet at 224',
    { crop_pct: 0.875, do_normalize: true, ...IMAGENET, resample: 3, size: { shortest_edge: 224 } },
    {
      size: { width: 224, height: 224 },
      fit: 'cover',
      centralFraction: 0.875,
      resizeMethod: 'bicubic',
      normalize: scaled(IMAGENET.image_mean, IMAGENET.image_std),
    },
  ],
  [
    'ConvNeXT of 2022: a number',
    { crop_pct: 0.875, ...IMAGENET, resample: 3, size: 224, feature_extractor_type: 'ConvNextFeatureExtractor' },
    {
      size: { width: 224, height: 224 },
      fit: 'cover',
      centralFraction: 0.875,
      resizeMethod: 'bicubic',
      normalize: scaled(IMAGENET.image_mean, IMAGENET.image_std),
    },
  ],
  [
    'ConvNeXT at 384 stretches',
    { crop_pct: null, crop_size: null, ...IMAGENET, size: { shortest_edge: 384 } },
    { size: { width: 384, height: 384 }, fit: 'cover', normalize: scaled(IMAGENET.image_mean, IMAGENET.image_std) },
  ],
  [
    'ConvNeXT at 384 with a crop_pct stretches',
    { crop_pct: 0.875, ...IMAGENET, size: { shortest_edge: 384 } },
    { size: { width: 384, height: 384 }, fit: 'fill', normalize: scaled(IMAGENET.image_mean, IMAGENET.image_std) },
  ],
  [
    'LeViT resizes to 256/224 of its size',
    {
      crop_size: { height: 224, width: 224 },
      ...IMAGENET,
      size: { shortest_edge: 224 },
      image_processor_type: 'LevitImageProcessor',
    },
    {
      size: { width: 224, height: 224 },
      fit: 'cover',
      centralFraction: 0.875,
      normalize: scaled(IMAGENET.image_mean, IMAGENET.image_std),
    },
  ],
  [
    'MobileViT: BGR from 0 to 1',
    {
      crop_size: { height: 256, width: 256 },
      do_center_crop: true,
      do_flip_channel_order: true,
      do_normalize: false,
      do_rescale: true,
      rescale_factor: 1 / 255,
      resample: 2,
      size: { shortest_edge: 288 },
    },
    {
      size: { width: 256, height: 256 },
      fit: 'cover',
      centralFraction: 256 / 288,
      channelOrder: 'bgr',
      resizeMethod: 'antialias',
      normalize: { range: [0, 1] },
    },
  ],
  [
    'EfficientNet that takes 1 off',
    {
      do_rescale: true,
      rescale_factor: 1 / 127.5,
      rescale_offset: true,
      do_normalize: false,
      size: { height: 346, width: 346 },
    },
    { size: { width: 346, height: 346 }, fit: 'fill', normalize: { range: [-1, 1] } },
  ],
  [
    'bytes',
    { do_rescale: false, do_normalize: false, size: [192, 256] },
    { size: { width: 256, height: 192 }, fit: 'fill', normalize: { range: [0, 255] } },
  ],
  [
    'a mean of bytes',
    { do_rescale: false, image_mean: [123.7, 116.3, 103.5], image_std: 58, size: 224 },
    { size: { width: 224, height: 224 }, fit: 'fill', normalize: { scale: 1, mean: [123.7, 116.3, 103.5], std: 58 } },
  ],
  [
    'bars beside the picture',
    { do_pad: true, size: { longest_edge: 640 }, ...HALF },
    { size: { width: 640, height: 640 }, fit: 'contain', normalize: scaled([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) },
  ],
  [
    'grey',
    { image_mean: [0.5], image_std: [0.25], size: 28, resample: 0 },
    { size: { width: 28, height: 28 }, fit: 'fill', resizeMethod: 'nearest', normalize: scaled([0.5], [0.25]) },
  ],
  ['a processor inside', { image_processor: { size: 32 } }, { size: { width: 32, height: 32 }, fit: 'fill' }],
  ['nothing', { tokenizer_class: 'CLIPTokenizer' }, {}],
  ['a mean without a deviation', { image_mean: 0.5 }, {}],
  ['a normalization of which only the class knows the numbers', { do_normalize: true, do_rescale: true }, {}],
  ['no resizing', { do_resize: false, size: 224, resample: 3 }, {}],
];

describe('preprocessor_config.json', () => {
  it.each(FILES)('%s', (_what, json, preparation) => {
    expect(read(json)).toEqual({ preparation, remarks: [] });
  });

  it.each(
    FILES.filter(([, , { normalize }]: readonly [string, object, { normalize?: object }]) => normalize !== undefined),
  )('%s: what preprocess makes of it', (_what, json) => {
    const { normalize, size, ...others } = read(json).preparation;
    const channels = normalize && 'mean' in normalize && [normalize.mean].flat().length === 1 ? 1 : 3;
    const options = { ...size, channels, ...others, ...normalize } as PreprocessOptions;
    expect(preprocess(options).outputShape([1, 480, 640, 3])).toEqual([1, size?.height, size?.width, channels]);
  });

  it.each([
    [{ resample: 5, size: 8 }, 'resample 5 is resized as area: give resizeMethod (--resize-method)'],
    [{ resample: 'cubic', size: 8 }, 'resample "cubic" is resized as area'],
    [{ do_center_crop: true, crop_size: 8 }, 'pictures are to be cropped without being resized'],
    [{ do_center_crop: true, crop_size: 16, size: 8 }, 'crop_size is larger than size'],
    [{ crop_size: { height: 8, width: 4 }, size: 8 }, 'the crop keeps other parts of width and height'],
  ])('%j: says what it does not do', (json, remark) => {
    expect(read(json).remarks).toEqual([expect.stringContaining(`preprocessor_config.json: ${remark}`)]);
  });

  it.each<[object, string]>([
    [{ size: '224' }, 'size is "224", not whole numbers of pixels'],
    [{ size: -1 }, 'size is -1, not whole numbers'],
    [{ size: 1e9 }, 'size is 1000000000, not whole numbers'],
    [{ size: { height: 8 } }, 'size is an object, not whole numbers'],
    [{ size: { shortest_edge: '8' } }, 'size is an object, not whole numbers'],
    [{ size: {} }, 'size is an object, not whole numbers'],
    [{ size: [8] }, 'size is [8], not whole numbers'],
    [{ size: 8, crop_size: {} }, 'crop_size is an object, not whole numbers'],
    [
      { image_mean: ['0.5'], image_std: [1] },
      'image_mean is ["0.5"], not a number, or one for each of 1 or 3 channels',
    ],
    [{ image_mean: [0, 0], image_std: [1, 1] }, 'image_mean is [0, 0], not a number'],
    [{ image_mean: Array(1e6).fill(0) }, 'image_mean is [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, … 1000000 in all]'],
    [{ image_mean: 0, image_std: 0 }, 'image_std is 0, not a number, or one for each of 1 or 3 channels, over 0'],
    [{ do_normalize: 'yes' }, 'do_normalize is "yes", not true or false'],
    [{ rescale_factor: -1 }, 'rescale_factor is -1, not a number over 0'],
    [{ size: { shortest_edge: 8 }, crop_pct: 2 }, 'crop_pct is 2, not a number over 0 and at most 1'],
    [{ image_processor: [] }, 'image_processor is [], not an object'],
    [{ size: 8, image_processor_type: 7 }, 'image_processor_type is 7, not a text'],
  ])('refuses %j', (json, message) => {
    expect(() => read(json)).toThrow(WeightsError);
    expect(() => read(json)).toThrow(`preprocessor_config.json: ${message}`);
  });

  it('has no fields but its own', () => {
    const json = JSON.parse('{"__proto__": {"size": 8}, "constructor": {"size": 8}}') as Record<string, unknown>;
    expect(read(json).preparation).toEqual({});
    expect(() => read(JSON.parse('{"size": {"__proto__": 8}}') as object)).toThrow(WeightsError);
  });
});

it('image_size of a config.json', () => {
  expect(imageSize({ image_size: 224 }, 'config.json')).toEqual({ width: 224, height: 224 });
  expect(imageSize({ image_size: [192, 256] }, 'config.json')).toEqual({ width: 256, height: 192 });
  expect(imageSize({}, 'config.json')).toBeUndefined();
  expect(() => imageSize({ image_size: 'large' }, 'config.json')).toThrow('config.json: image_size is "large"');
});
