import type { Model } from 'sluice';
import type { Progress } from './fetch-all.ts';
import type { TaskName } from './tasks.ts';

/** A model for any task. The page asks the model's task what its results mean. */
export type AnyModel = Model<object, object>;

/** A model that comes with the page. */
export interface Bundled {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly parameters: number;
  /** False for a model that comes without weights: it runs with random ones, and its results mean nothing. */
  readonly trained: boolean;
  /** Default: classification. */
  readonly task?: TaskName;
  readonly load: (told: (progress: Progress) => void, signal: AbortSignal) => Promise<AnyModel>;
}

/** The task of a model that comes with the page. */
export const taskNameOf = ({ task = 'classification' }: Bundled): TaskName => task;

/** The size of a model's parameters as float32, in megabytes. */
export function megabytes({ parameters }: Pick<Bundled, 'parameters'>): number {
  const size = (parameters * 4) / 1e6;
  return size < 1 ? Math.round(size * 10) / 10 : Math.round(size);
}

/** Whether the page asks before it loads a model. */
export const isLarge = ({ parameters }: Bundled) => parameters > 50e6;
