import { makeTemporaryFolder, type TemporaryFolder } from '../../../disk/temporary-folder.ts';
import type { OnnxNode } from '../../../onnx/onnx-model.ts';
import type { RuntimeSession } from '../runtime.ts';
import { stagesInProfile } from './stages-in-profile.ts';

/** How many runs are left out at the beginning: the warm-up and the first frame, which are slower than the others. */
const COLD_RUNS = 2;
const MEASURED_RUNS = 12;

/** ONNX Runtime's own profile of a session's first runs. It tells what each stage takes while all run as one. Node only. */
export class RunProfile {
  readonly #fs = process.getBuiltinModule('node:fs');
  readonly #folder: TemporaryFolder;
  #session: RuntimeSession | undefined;
  #nodes: readonly OnnxNode[] = [];
  #runs = 0;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** Returns undefined if no temporary folder can be created. Stages are then not timed; results do not change. */
  static begin(): RunProfile | undefined {
    try {
      return new RunProfile(makeTemporaryFolder('profile'));
    } catch {
      return undefined;
    }
  }

  /** The options that the session must be created with. */
  get options(): object {
    return { enableProfiling: true, profileFilePrefix: `${this.#folder.path}/run` };
  }

  /** Is called with the session once it is created, and with the nodes of its graph. */
  follow(session: RuntimeSession, nodes: readonly OnnxNode[]): void {
    this.#session = session;
    this.#nodes = nodes;
  }

  /** Is called after each run. Returns the milliseconds of each stage once: after the last run that is profiled. */
  ran(stages: readonly string[]): readonly number[] | undefined {
    if (++this.#runs !== COLD_RUNS + MEASURED_RUNS) return undefined;
    try {
      this.#session?.endProfiling?.();
      const [name = ''] = this.#fs.readdirSync(this.#folder.path);
      return stagesInProfile(
        this.#fs.readFileSync(`${this.#folder.path}/${name}`, 'utf8'),
        this.#nodes,
        stages,
        COLD_RUNS,
      );
    } catch {
      // The profile could not be written or read, for example because the disk is full.
      return undefined;
    } finally {
      this.end();
    }
  }

  /** Removes the temporary folder. */
  end(): void {
    this.#session = undefined;
    this.#nodes = [];
    this.#folder.remove();
  }
}
