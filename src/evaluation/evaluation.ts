/** A share, 0 to 1, with the interval in which it lies with a probability of 95 %. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How well a model knows one class. A number is NaN where it is a share of nothing. */
export interface ClassEvaluation {
  readonly index: number;
  readonly label: string;
  /** How many frames show the class. */
  readonly frames: number;
  /** How many frames the model takes for the class. */
  readonly predicted: number;
  /** The share of the frames that the model takes for the class that do show it. */
  readonly precision: number;
  /** The share of the frames that show the class that the model takes for it. */
  readonly recall: number;
  /** The harmonic mean of precision and recall. */
  readonly f1: number;
}

/** A frame that the model takes for another class than the one it shows. */
export interface Mistake {
  readonly source: string;
  readonly seq: number;
  /** In microseconds. */
  readonly timestamp: number;
  /** The index of the class that the frame shows. */
  readonly target: number;
  /** The index of the class that the model takes it for. */
  readonly predicted: number;
  /** The score of that class. */
  readonly score: number;
}

/** Frames whose best scores lie in the same interval. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly frames: number;
  /** The mean of the best scores. */
  readonly score: number;
  /** The share of the frames that the model has right. */
  readonly accuracy: number;
}

/** How well a classifier does on frames of which the class is known: see {@link evaluate}. */
export interface Evaluation {
  readonly frames: number;
  /** How many sources, such as files, the frames are from. */
  readonly sources: number;
  /** What is drawn at random for the intervals: sources with all their frames, or frames where there is one source. */
  readonly resampled: 'sources' | 'frames';
  /** The share of frames whose best class is right. */
  readonly accuracy: Estimate;
  /** The share of frames whose class is among the best five. Absent for fewer than six classes, and where results list fewer than five. */
  readonly top5?: Estimate;
  /** The mean F1 of the classes that some frame shows. */
  readonly macroF1: number;
  readonly classes: readonly ClassEvaluation[];
  /** How often frames of each class (rows) are taken for each class (columns). */
  readonly confusion: readonly (readonly number[])[];
  /**
   * How far scores are from the share of frames that are right, 0 to 1: Σ n/N |accuracy − score| over the bins (Guo et al. 2017, "On Calibration of
   * Modern Neural Networks"). Absent where scores are no probabilities.
   */
  readonly calibrationError?: number;
  readonly calibration: readonly CalibrationBin[];
  /** The wrong results with the highest scores, highest first. */
  readonly mistakes: readonly Mistake[];
}
