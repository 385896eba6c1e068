import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { classOf, describeFrame, type FrameLabel } from '../errors/frame-label.ts';
import type { Classification } from '../tasks/classification/class-scores.ts';
import type { StoredResult } from '../tasks/frame-result.ts';
import { bootstrap, type Share } from './bootstrap.ts';
import { Calibration } from './calibration.ts';
import { Confusion } from './confusion.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import type { Evaluation } from './evaluation.ts';
import { WorstMistakes } from './worst-mistakes.ts';

/** Among how many of the best classes `top5` looks for the right one. Results must list so many. */
export const FEW = 5;

/** What is counted of the frames of a source. */
interface Counts {
  frames: number;
  right: number;
  amongFew: number;
}

/** Takes results one by one, and computes what they say of the model. */
export class Evaluator {
  readonly #settings: Required<EvaluateOptions>;
  readonly #confusion: Confusion;
  readonly #calibration: Calibration;
  readonly #worst: WorstMistakes;
  readonly #sources = new Map<string, Counts>();
  #listsFew: boolean;

  constructor(settings: Required<EvaluateOptions>) {
    this.#settings = settings;
    this.#confusion = new Confusion(settings.labels.length);
    this.#calibration = new Calibration(settings.bins);
    this.#worst = new WorstMistakes(settings.mistakes);
    this.#listsFew = settings.labels.length > FEW;
  }

  add(result: StoredResult<Classification>): this {
    const { source, seq, timestamp, classes } = result;
    const target = this.#classIn(result);
    const [best] = classes;
    if (!best)
      throw new OptionError(`evaluate: the result of ${describeFrame(result)} has no class: leave out minScore`);
    const isRight = best.index === target;
    const place = classes.findIndex(({ index }) => index === target);
    if (place < 0 && classes.length < FEW) this.#listsFew = false;
    const counts = this.#sources.get(source) ?? { frames: 0, right: 0, amongFew: 0 };
    this.#sources.set(source, counts);
    counts.frames++;
    if (isRight) counts.right++;
    if (place >= 0 && place < FEW) counts.amongFew++;
    this.#confusion.add(target, best.index);
    this.#calibration.add(best.score, isRight);
    if (!isRight) this.#worst.add({ source, seq, timestamp, target, predicted: best.index, score: best.score });
    return this;
  }

  evaluation(): Evaluation {
    const { labels, resamples, seed } = this.#settings;
    const sources = [...this.#sources.values()];
    if (sources.length === 0) throw new OptionError('evaluate: there are no results');
    const resampled = sources.length > 1 ? 'sources' : 'frames';
    const estimate = (right: (counts: Counts) => number) => {
      const shares = sources.map((counts) => ({ frames: counts.frames, right: right(counts) }));
      return bootstrap(resampled === 'sources' ? shares : shares.flatMap(frameByFrame), resamples, seed);
    };
    const classes = labels.map((label, index) => this.#confusion.ofClass(index, label));
    const shown = classes.filter(({ frames }) => frames > 0);
    const { error, bins } = this.#calibration;
    return {
      frames: sources.reduce((sum, { frames }) => sum + frames, 0),
      sources: sources.length,
      resampled,
      accuracy: estimate(({ right }) => right),
      ...(this.#listsFew ? { top5: estimate(({ amongFew }) => amongFew) } : {}),
      macroF1: shown.reduce((sum, { f1 }) => sum + f1, 0) / shown.length,
      classes,
      confusion: this.#confusion.rows,
      ...(error === undefined ? {} : { calibrationError: error }),
      calibration: bins,
      mistakes: this.#worst.mistakes,
    };
  }

  /** The class that a frame shows. Throws `OptionError`. */
  #classIn(label: FrameLabel): number {
    const { target } = label;
    const { labels } = this.#settings;
    if (target === undefined) {
      throw new OptionError(
        `evaluate needs to know what each frame shows, but ${describeFrame(label)} has no target: give frames one with labelled(…)`,
      );
    }
    const shown = classOf(target);
    if (Number.isSafeInteger(shown) && shown >= 0 && shown < labels.length) return shown;
    throw new OptionError(
      `evaluate: the target of ${describeFrame(label)} is ${describeValue(target)}, but the classes are 0 to ${labels.length - 1}`,
    );
  }
}

/** The frames of a source one by one. */
function frameByFrame({ frames, right }: Share): readonly Share[] {
  return Array.from({ length: frames }, (_, i) => ({ frames: 1, right: i < right ? 1 : 0 }));
}
