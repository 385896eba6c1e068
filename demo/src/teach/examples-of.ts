import { defer, map, take, tap, type Observable } from 'rxjs';
import { frameSource, infer, sampleFrames, type Embedding, type Frame, type Model, type Pixels } from 'sluice';
import { imageFiles, videoFile } from 'sluice/browser';
import type { Example, Task } from './messages.ts';
import { thumbnailOf } from './thumbnail-of.ts';

/** The pictures to learn from: the one that is given, the one in a file, or one a second of a clip. */
function picturesOf(task: Exclude<Task, { readonly type: 'train' }>): Observable<Frame<Pixels>> {
  if (task.type === 'picture') return frameSource([{ data: task.picture, timestamp: 0 }], { source: 'the page' });
  const { file, most } = task;
  if (file.type.startsWith('image/')) return imageFiles([file]);
  return videoFile(file).pipe(sampleFrames({ fps: 1 }), take(most));
}

/** The features of each picture, with a thumbnail. */
export function examplesOf(
  features: Model<Embedding, object>,
  task: Exclude<Task, { readonly type: 'train' }>,
): Observable<Example> {
  return defer(() => {
    // Results keep the order of the frames.
    const thumbnails: Example['thumbnail'][] = [];
    return picturesOf(task).pipe(
      tap(({ data }) => thumbnails.push(thumbnailOf(data))),
      infer(features),
      map(({ vector }) => ({
        vector: Float32Array.from(vector),
        thumbnail: thumbnails.shift() ?? new Uint8ClampedArray(),
      })),
    );
  });
}
