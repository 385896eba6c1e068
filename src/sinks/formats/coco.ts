import type { Detection } from '../../tasks/detection/detected-box.ts';
import { rounded } from '../../tasks/rounded.ts';
import { detectionIn } from './boxes-in.ts';
import type { ResultWriter } from './result-writer.ts';

/**
 * Makes a writer of COCO's JSON for detections (Lin et al. 2014; https://cocodataset.org/#format-data): `images`, `annotations` with `bbox`
 * in pixels, and `categories`. The number of a category is that of its class, counted from 1. Annotations have `score`, and `track_id`
 * where they belong to a track. An image is a frame: `file_name` is its source, `frame` its number, `timestamp` in microseconds.
 *
 * The writer keeps the size and the time of each frame until the end. The file fails with an `OptionError` for results of another task.
 *
 * @see {@link motWriter}, {@link yoloWriter}, {@link jsonWriter}
 *
 * @example
 * const file = cocoWriter().open();
 * const box = { x: 1, y: 2, width: 30, height: 40, score: 0.9, label: 'dog', index: 17 };
 * const text = file.write({ source: 'a.jpg', seq: 0, timestamp: 0, boxes: [box], picture: { width: 64, height: 64 } }) + file.end();
 * console.log(JSON.parse(text).annotations[0].bbox); // [ 1, 2, 30, 40 ]
 */
export function cocoWriter(): ResultWriter<string, Detection> {
  return {
    open() {
      const images: string[] = [];
      const categories = new Map<number, string>();
      let annotations = 0;
      return {
        write(result) {
          const { source, seq, timestamp, boxes, picture } = detectionIn('cocoWriter', result);
          const image = images.length + 1;
          const { width, height } = picture;
          images.push(JSON.stringify({ id: image, file_name: source, width, height, frame: seq, timestamp }));
          const lines = boxes.map(({ index, label, score, trackId, ...box }) => {
            categories.set(index + 1, label);
            const bbox = [box.x, box.y, box.width, box.height].map((length) => rounded(length, 2));
            const annotation = {
              ...{ id: ++annotations, image_id: image, category_id: index + 1, bbox },
              ...{ area: rounded(box.width * box.height, 2), iscrowd: 0, score: rounded(score, 6) },
              ...(trackId === undefined ? {} : { track_id: trackId }),
            };
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
