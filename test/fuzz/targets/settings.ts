import { huggingFacePreparation } from '../../../src/models/metadata/hugging-face.ts';
import { readSettings } from '../../../src/models/metadata/read-settings.ts';
import { ultralyticsSettings } from '../../../src/models/metadata/ultralytics.ts';
import { parseObject } from '../../../src/models/tfjs/read-tfjs-model.ts';
import { bytesOf, textOf } from '../input.ts';
import type { FuzzTarget } from '../target.ts';

const PROCESSOR = {
  crop_pct: 0.9,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  resample: 3,
  size: { shortest_edge: 224 },
};
const TIMM = {
  architecture: 'x',
  label_names: ['a'],
  pretrained_cfg: { input_size: [3, 8, 8], mean: [0, 0, 0], std: [1, 1, 1] },
};

/** The files beside a model, and the metadata in it, that state its settings. */
export const settings: FuzzTarget = {
  seeds: () => [
    {
      'preprocessor_config.json': bytesOf(JSON.stringify(PROCESSOR)),
      'config.json': bytesOf('{"model_type": "x", "image_size": 8, "id2label": {"0": "cat", "1": "dog"}}'),
    },
    { 'config.json': bytesOf(JSON.stringify(TIMM)) },
    { names: bytesOf("{0: 'person', 1: 'dog'}"), imgsz: bytesOf('[640, 640]'), stride: bytesOf('32') },
  ],
  async read(input) {
    const beside = async (name: string) => input[name];
    const unread = () => Promise.reject(new Error('not to be read'));
    await readSettings({ name: 'model.json', main: unread, beside: unread, besideIfAny: beside });
    const bytes = input['preprocessor_config.json'];
    if (bytes) huggingFacePreparation(parseObject('p.json', bytes), 'p.json');
    const texts = Object.entries(input).map(([name, value]) => [name, textOf(value)] as const);
    ultralyticsSettings(new Map(texts), 'yolo.onnx');
  },
};
