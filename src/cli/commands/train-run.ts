import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { JobFolder } from '../../batch/job-folder.ts';
import type { FeatureRow } from '../../datasets/feature-examples.ts';
import { FeatureStore } from '../../datasets/feature-store.ts';
import type { LabelledFiles } from '../../datasets/labelled-files.ts';
import type { SplitFiles } from '../../datasets/split-files.ts';
import { makeFolders } from '../../disk/sync.ts';
import { makeTemporaryFolder } from '../../disk/temporary-folder.ts';
import { useEngine } from '../../engines/engine.ts';
import { OptionError, SluiceError, TrainingError } from '../../errors/errors.ts';
import { few } from '../../models/few-names.ts';
import { writeModel } from '../../models/model-file.ts';
import type { Model } from '../../models/model.ts';
import { loadModel } from '../../models/named-model.ts';
import { commitWith } from '../../sinks/files/commit-with.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import type { EpochRow } from '../../sinks/report/evaluation-html.ts';
import { sizeOf } from '../../stage/shape.ts';
import type { Embedding } from '../../tasks/embedding/embedding.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import { transfer, type Transfer } from '../../training/transfer/transfer.ts';
import type { BatchProgress } from '../progress/batch-progress.ts';
import { evaluationJson } from '../report/evaluation-json.ts';
import { EvaluationOut } from '../report/evaluation-out.ts';
import { runDataJob, type DataJobEnd } from './data-job.ts';
import { measureHead } from './measure-head.ts';
import { scratchTransfer } from './scratch-transfer.ts';
import { trainHead } from './train-head.ts';
import { HEAD_DEFAULTS, type TrainCommand } from './train-options.ts';

/** What a training is made of. */
export interface TrainSetup {
  readonly command: TrainCommand;
  readonly found: LabelledFiles;
  readonly split: SplitFiles;
  /** The folder of the model. */
  readonly folder: string;
  readonly progress: BatchProgress;
  readonly signal: AbortSignal;
}

/** The epochs that are said on stderr: each so many. */
const SAID = 10;
const SCRATCH = 'scratch';
const FEATURES = /^features-[0-9a-f]{16}\.safetensors$/;

/** One run of `sluice train`: the features of all files, a head that learns from them, what it is worth, and the model. */
export class TrainRun {
  readonly #setup: TrainSetup;
  readonly #job: string;
  readonly #epochs: EpochRow[] = [];

  constructor(setup: TrainSetup) {
    this.#setup = setup;
    this.#job = setup.command.job ?? `${setup.folder}.job`;
  }

  /** Resolves to the exit code. */
  async run(): Promise<number> {
    // Private to this process: another one may train with the same folder.
    const scratch = makeTemporaryFolder('job');
    let store: FeatureStore | undefined;
    const opened: { discard(): void }[] = [];
    try {
      const { command, folder } = this.#setup;
      // Opened first, so that a folder that can't be written ends the run at its beginning.
      const open = (name: string) => {
        const file = new OutputFile(path.join(folder, name));
        opened.push(file);
        return file;
      };
      const [modelOut, jsonOut] = [open('model.safetensors'), open('evaluation.json')];
      const report = path.join(folder, 'report.html');
      const out = new EvaluationOut({ format: command.format, report });
      opened.push(out);
      const cut = await this.#cut();
      store = new FeatureStore(path.join(scratch.path, 'features.f32'), sizeOf(cut.shape));
      const { rows, end } = await this.#features(cut, store);
      const { learned, heldOut } = this.#splitRows(rows);
      const head = await this.#learn(cut, store, learned, heldOut);
      const model = cut.whole(head);
      if (heldOut.length > 0) {
        const evaluation = await measureHead(cut, head, store, heldOut);
        const { failedFiles, engine } = end;
        const [epochs, { labels }] = [this.#epochs, model];
        const title = `${model.name}, trained on ${command.data}`;
        const about = `measured on files that the model did not learn from; features by ${engine}`;
        await out.write({ title, about, evaluation, labels, failedFiles, ffmpeg: command.ffmpeg, epochs });
        jsonOut.write(evaluationJson(evaluation, { failedFiles, epochs }));
        jsonOut.commit();
      } else {
        // Those of an earlier training would be taken for this model's.
        for (const name of [jsonOut.path, report]) rmSync(name, { force: true });
      }
      modelOut.write(writeModel(model));
      modelOut.commit();
      this.#sayWhatIsLearned(modelOut.path, model, learned, heldOut);
      if (command.job === undefined) this.#removeJob();
      return end.failedFiles + end.failedFrames > 0 ? 1 : 0;
    } finally {
      store?.close();
      scratch.remove();
      for (const output of opened) output.discard();
    }
  }

  #sayWhatIsLearned(
    file: string,
    { labels }: Model,
    learned: readonly FeatureRow[],
    heldOut: readonly FeatureRow[],
  ): void {
    const measured = heldOut.length > 0 ? '' : '; nothing is held out, so nothing measures how good it is (--held-out)';
    this.#setup.progress.say('note', `${file}: ${learned.length} frames learned, ${few(labels)}${measured}`);
  }

  async #cut(): Promise<Transfer> {
    const { command, found, progress, signal } = this.#setup;
    const { from, output, fineTune = 1, seed = 1 } = command;
    if (from === SCRATCH) {
      const foreign = output === undefined ? command.fineTune && '--fine-tune' : '--output';
      if (foreign) throw new OptionError(`--from ${SCRATCH} trains all of a small network: leave out ${foreign}`);
      return scratchTransfer(found.labels, seed);
    }
    const choice = { model: from, ...(output === undefined ? {} : { output, outputKind: 'vector' as const }) };
    const base = await loadModel(choice, (message) => progress.say('warning', message), signal);
    return transfer(base, found.labels, { trainable: fineTune });
  }

  /** Computes the features of all files, on all cores, and keeps them in the store. */
  async #features(cut: Transfer, store: FeatureStore): Promise<{ rows: FeatureRow[]; end: DataJobEnd }> {
    const { command, found, progress, signal } = this.#setup;
    const { sample, sceneThreshold, framesPerScene, fps, every, start, end: until, stream } = command;
    const { allowPlaylists, toneMap, ffmpeg, hwaccel, batch, engine } = command;
    const which = { sample, sceneThreshold, framesPerScene, fps, every, start, end: until, stream };
    const given = { ...which, allowPlaylists, toneMap, ffmpeg, hwaccel, batch };
    const chosen = Object.entries(given).filter(([, value]) => value !== undefined);
    const sampled = sample === undefined && fps === undefined && every === undefined ? { fps: 1 } : {};
    const model = this.#featuresFile(cut);
    const rows: FeatureRow[] = [];
    const end = await runDataJob({
      files: found.files,
      options: { ...Object.fromEntries(chosen), ...sampled, model, engine, taskOptions: {} },
      how: { ...command, job: this.#job },
      progress,
      quiet: command.quiet ?? false,
      signal,
      onResult: (result, target) => {
        const { source, seq, timestamp } = result;
        rows.push({ place: store.count, source, seq, timestamp, target });
        store.add((result as StoredResult<Embedding>).vector);
      },
    });
    return { rows, end };
  }

  #splitRows(rows: readonly FeatureRow[]): { learned: readonly FeatureRow[]; heldOut: readonly FeatureRow[] } {
    const { split, found } = this.#setup;
    const held = new Set(split.heldOut.map((file) => file.path));
    const learned = rows.filter(({ source }) => !held.has(source));
    const seen = new Set(learned.map(({ target }) => target));
    const missing = found.labels.filter((_label, target) => !seen.has(target));
    if (missing.length === 0) return { learned, heldOut: rows.filter(({ source }) => held.has(source)) };
    throw new TrainingError(
      `no file of ${few(missing)} could be read, so the model cannot learn it: the messages above name the files`,
    );
  }

  async #learn(
    cut: Transfer,
    store: FeatureStore,
    learned: readonly FeatureRow[],
    heldOut: readonly FeatureRow[],
  ): Promise<Model> {
    const { command, progress, signal } = this.#setup;
    const isScratch = command.from === SCRATCH;
    const { batchSize, seed, fineTune = 1, quiet = false } = { ...HEAD_DEFAULTS, ...command };
    const { epochs = isScratch ? 60 : HEAD_DEFAULTS.epochs } = command;
    const { learningRate = fineTune > 1 ? 1e-4 : HEAD_DEFAULTS.learningRate } = command;
    await useEngine('wasm');
    const settings = { epochs, batchSize, learningRate, seed, signal };
    return trainHead(cut, { store, learned, heldOut }, settings, (row) => {
      this.#epochs.push(row);
      const { epoch, loss, accuracy, heldOutAccuracy } = row;
      if (quiet || (epoch % SAID !== 0 && epoch !== epochs)) return;
      const measured = heldOutAccuracy === undefined ? '' : `, held out ${heldOutAccuracy.toFixed(3)}`;
      progress.say(
        'note',
        `epoch ${epoch} of ${epochs}: loss ${loss.toFixed(4)}, right ${accuracy?.toFixed(3) ?? '–'}${measured}`,
      );
    });
  }

  /** Writes the model that gives features into the job's folder, unless it is there: the job goes on only with the same file. */
  #featuresFile({ features }: Transfer): string {
    const bytes = writeModel(features);
    // Named for its content, so that another run that uses the folder keeps its own.
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const name = path.join(this.#job, `features-${digest}.safetensors`);
    if (existsSync(name)) return name;
    makeFolders(this.#job);
    commitWith(new OutputFile(name), bytes);
    return name;
  }

  #removeJob(): void {
    let folder: JobFolder;
    try {
      folder = new JobFolder(this.#job);
    } catch (error) {
      // Another run has begun to use it, and will remove it.
      if (error instanceof SluiceError && error.code === 'locked') return;
      throw error;
    }
    for (const name of readdirSync(this.#job).filter((one) => FEATURES.test(one))) rmSync(path.join(this.#job, name));
    folder.remove();
  }
}
