import { animationFrameScheduler, auditTime, filter, map, type Observable } from 'rxjs';
import { frameSource, type FrameSourceChanges, type Pixels, type Source } from 'sluice';
import type { Drawing } from './drawing.ts';
import { paintStrokes } from './paint-strokes.ts';

/** A frame for each change of a drawing, at most one for each refresh of the screen; none while the board is empty or unchanged. */
export function drawingFrames(drawing: Drawing, changes: Observable<FrameSourceChanges>): Source<Pixels> {
  const arrivals = drawing.strokes.pipe(
    auditTime(0, animationFrameScheduler),
    filter((strokes) => strokes.length > 0),
    map((strokes) => ({ data: paintStrokes(strokes), timestamp: Math.round(performance.now() * 1000) })),
  );
  return frameSource(arrivals, { source: 'drawing', changes });
}
