import type { Json } from '../../stage/stage.ts';
import { rounded } from '../rounded.ts';
import type { Caption, Task } from '../task.ts';
import { boxesOverlay } from './boxes-overlay.ts';
import type { DetectedBox, Detection } from './detected-box.ts';
import { checkedOptions, DETECTION_OPTIONS, type DetectionOptions } from './detection-options.ts';
import { checkOutputs, type DetectionOutputs } from './detection-outputs.ts';
import { detectionReader } from './detection-reader.ts';
import { byClass, MostBoxes } from './most-boxes.ts';

/** The number of decimals of a score in a file. */
const DECIMALS = 6;
/** A hundredth of a pixel. */
const PIXEL_DECIMALS = 2;

/**
 * The task of a model that finds objects: its outputs → {@link Detection}, boxes in pixels of the source picture. What `preprocess` did to
 * the picture is undone. `head` says how the model gives its boxes; without it, the shapes and names of its outputs do.
 *
 * Overlapping boxes are removed (non-maximum suppression: of two whose intersection over union is over `iou`, the better one stays). Tables have a row for each box. Captions are the labels, the best first, with the
 * number of boxes (`2 × person`). An aggregate has, of each label, the boxes of the frame with the most of them.
 *
 * Throws `OptionError` for wrong settings. A model whose outputs no head fits is a `ShapeError`. A score or a coordinate that is not a
 * number fails its frame, and so does a picture whose place in the source picture is not known (the fit `digit`).
 *
 * @see {@link modelFrom}, {@link infer}, {@link track}, {@link classification}
 *
 * @example
 * const task = detection({ head: 'boxes', units: 'relative' });
 * const source = Frame.of(tf.tensor2d([[0.25, 0.25, 0.75, 1, 0.9, 1]]), { source: 'demo', seq: 0, timestamp: 0 });
 * const view = { size: { width: 4, height: 4 }, source: { width: 40, height: 40 }, left: 0, top: 0, scaleX: 10, scaleY: 10 };
 * const { boxes } = await task.reader(['cat', 'dog']).read(source.data, view);
 * console.log(boxes[0]?.label, boxes[0]?.x, boxes[0]?.width, boxes[0]?.height); // dog 10 20 30
 */
export function detection(outputs: DetectionOutputs = {}): Task<Detection, DetectionOptions> {
  const settings = checkOutputs(outputs);
  return {
    kind: 'detection',
    spec: { ...(settings as Readonly<Record<string, Json | undefined>>), kind: 'detection' },
    optionNames: DETECTION_OPTIONS,
    reader: (labels, options = {}) => detectionReader(labels, options, settings),
    optionsToAggregate: (options) => options,
    select({ boxes, picture }, options) {
      const { minScore, maxDetections, isWanted } = checkedOptions('select', options, undefined);
      const wanted = boxes.filter(({ score, label }) => score >= minScore && isWanted(label));
      return { boxes: wanted.slice(0, maxDetections), picture };
    },
    aggregator(options) {
      checkedOptions('aggregate', options, undefined);
      return new MostBoxes();
    },
    captions,
    stored: ({ boxes, picture }) => ({ boxes: boxes.map(storedBox), picture }),
    columns: [
      { name: 'box', type: 'int32' },
      { name: 'index', type: 'int32' },
      { name: 'label', type: 'text' },
      { name: 'score', type: 'double' },
      { name: 'x', type: 'double' },
      { name: 'y', type: 'double' },
      { name: 'width', type: 'double' },
      { name: 'height', type: 'double' },
      { name: 'track', type: 'int32' },
    ],
    rows({ boxes }) {
      if (boxes.length === 0) return [NO_BOX];
      return boxes.map((box, i) => {
        const { index, label, score, x, y, width, height, trackId = null } = storedBox(box);
        return { box: i + 1, index, label, score, x, y, width, height, track: trackId };
      });
    },
    overlay: boxesOverlay,
  };
}

const NO_BOX = {
  ...{ box: null, index: null, label: null, score: null },
  ...{ x: null, y: null, width: null, height: null, track: null },
};

function captions({ boxes }: Detection): Caption[] {
  return [...byClass(boxes).values()].flatMap((own) => {
    const [best] = own;
    if (!best) return [];
    const { label, score } = best;
    return [{ label: own.length > 1 ? `${own.length} × ${label}` : label, score }];
  });
}

function storedBox({ x, y, width, height, score, label, index, trackId }: DetectedBox): DetectedBox {
  const pixel = (length: number) => rounded(length, PIXEL_DECIMALS) as number;
  return {
    x: pixel(x),
    y: pixel(y),
    width: pixel(width),
    height: pixel(height),
    score: rounded(score, DECIMALS) as number,
    label,
    index,
    ...(trackId === undefined ? {} : { trackId }),
  };
}
