import { useEffect, useState } from 'preact/hooks';
import type { Drawing, Stroke } from './drawing.ts';

/** The strokes of a drawing, which renders again when they change. */
export function useStrokes(drawing: Drawing): readonly Stroke[] {
  const [strokes, setStrokes] = useState(drawing.now);
  useEffect(() => {
    const subscription = drawing.strokes.subscribe(setStrokes);
    return () => subscription.unsubscribe();
  }, [drawing]);
  return strokes;
}
