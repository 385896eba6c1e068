import { useEffect, useState } from 'preact/hooks';
import type { Lesson, TaughtClass } from './lesson.ts';

/** The classes of a lesson as they are now. */
export function useLesson(lesson: Lesson): readonly TaughtClass[] {
  const [classes, setClasses] = useState(lesson.now);
  useEffect(() => {
    const subscription = lesson.classes.subscribe(setClasses);
    return () => subscription.unsubscribe();
  }, [lesson]);
  return classes;
}
