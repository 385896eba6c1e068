/** A picture or a video, and the class that it shows. */
export interface LabelledFile {
  readonly path: string;
  /** The index of its label. */
  readonly target: number;
}

/** Files of known classes. */
export interface LabelledFiles {
  /** The names of the classes. */
  readonly labels: readonly string[];
  readonly files: readonly LabelledFile[];
}
