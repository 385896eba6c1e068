import type { ImportOptions } from 'sluice';

/** Options of models whose files are downloaded. */
export type DownloadedModelOptions = Pick<ImportOptions, 'maxWork' | 'signal' | 'onWarning'> & {
  /** Other names of the classes, as many as the model has. Default: the English ones. */
  readonly labels?: readonly string[];
};
