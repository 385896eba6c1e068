import { OptionError } from '../../errors/errors.ts';
import { describeValue } from '../../errors/describe-value.ts';
import type { Detection } from '../../tasks/detection/detected-box.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import { rounded } from '../../tasks/rounded.ts';
import { boundsOf } from '../../tasks/segmentation/bounds-of.ts';
import { decodeRuns, pixelsIn } from '../../tasks/segmentation/rle.ts';
import type { Segmentation } from '../../tasks/segmentation/segmented.ts';
import type { ResultWriter } from './result-writer.ts';

/** What an annotation says of a part of an image. */
interface Annotation {
  readonly index: number;
  readonly label: string;
  readonly fields: object;
}

/**
 * Makes a writer of COCO's JSON for boxes and for regions (Lin et al. 2014; https://cocodataset.org/#format-data): `images`, `annotations`
 * with `bbox` and `area` in pixels, and `categories`. The number of a category is that of its class, counted from 1. Boxes have `score`, and
 * `track_id` where they belong to a track. Regions have `segmentation`, run lengths, and `iscrowd` 1, as all annotations with run lengths.
 * An image is a frame: `file_name` is its source, `frame` its number, `timestamp` in microseconds.
 *
 * The writer keeps the size and the time of each frame until the end. The file fails with an `OptionError` for results of another task,
 * and for regions of a map that is not as large as its picture.
 *
 * @see {@link motWriter}, {@link yoloWriter}, {@link jsonWriter}
 *
 * @example
 * const file = cocoWriter().open();
 * const box = { x: 1, y: 2, width: 30, height: 40, score: 0.9, label: 'dog', index: 17 };
 * const text = file.write({ source: 'a.jpg', seq: 0, timestamp: 0, boxes: [box], picture: { width: 64, height: 64 } }) + file.end();
 * console.log(JSON.parse(text).annotations[0].bbox); // [ 1, 2, 30, 40 ]
 */
export function cocoWriter(): ResultWriter<string, Detection | Segmentation> {
  return {
    open() {
      const images: string[] = [];
      const categories = new Map<number, string>();
      let annotations = 0;
      return {
        write(result) {
          const { source, seq, timestamp, picture } = result;
          const found = annotationsIn(result);
          const image = images.length + 1;
          const { width, height } = picture;
          images.push(JSON.stringify({ id: image, file_name: source, width, height, frame: seq, timestamp }));
          const lines = found.map(({ index, label, fields }) => {
            categories.set(index + 1, label);
            const annotation = { id: ++annotations, image_id: image, category_id: index + 1, ...fields };
            return `${annotations === 1 ? '' : ',\n'}${JSON.stringify(annotation)}`;
          });
          return (image === 1 ? '{"annotations":[\n' : '') + lines.join('');
        },
        end() {
          const named = [...categories].toSorted(([a], [b]) => a - b).map(([id, name]) => JSON.stringify({ id, name }));
          const head = images.length === 0 ? '{"annotations":[' : '';
          return `${head}\n],"images":[\n${images.join(',\n')}\n],"categories":[\n${named.join(',\n')}\n]}\n`;
        },
      };
    },
  };
}

function annotationsIn(result: StoredResult<Partial<Detection> | Partial<Segmentation>>): readonly Annotation[] {
  if ('boxes' in result && result.boxes) {
    return result.boxes.map(({ index, label, score, trackId, x, y, width, height }) => {
      const bbox = [x, y, width, height].map((length) => rounded(length, 2));
      const track = trackId === undefined ? {} : { track_id: trackId };
      const fields = { bbox, area: rounded(width * height, 2), iscrowd: 0, score: rounded(score, 6), ...track };
      return { index, label, fields };
    });
  }
  if ('regions' in result && result.regions) {
    const { regions, place, source } = result;
    if (place) {
      throw new OptionError(
        `cocoWriter: the regions of ${describeValue(source)} are not as large as its picture: give size: 'source' (--map-size source)`,
      );
    }
    return regions.map(({ index, label, rle }) => {
      const runs = decodeRuns('cocoWriter', rle);
      const { x, y, width, height } = boundsOf(runs, rle.size[0]);
      // That of the pixels: of an aggregate, the region's is a mean.
      const area = pixelsIn(runs);
      return { index, label, fields: { bbox: [x, y, width, height], area, segmentation: rle, iscrowd: 1 } };
    });
  }
  throw new OptionError(`cocoWriter writes boxes or regions, but a result of ${describeValue(result.source)} has none`);
}
