/**
 * The options of a task among those of a job. `size` of a job is that of the model's input, so the `size` of a segmentation is called
 * `mapSize` there.
 */
export type TaskOptionsInJob<O extends object> = Omit<O, 'size'> &
  ('size' extends keyof O ? { readonly mapSize?: O['size'] } : unknown);

/** @internal The name in a job of an option of a task. */
export function nameInJob(name: string): string {
  return name === 'size' ? 'mapSize' : name;
}

/** @internal The name in a task of an option of a job that is one of the task. */
export function nameInTask(name: string): string {
  return name === 'mapSize' ? 'size' : name;
}
