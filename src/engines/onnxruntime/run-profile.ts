import type { OnnxNode } from '../../onnx/onnx-model.ts';
import type { RuntimeSession } from './runtime.ts';
import { stagesInProfile } from './stages-in-profile.ts';

/** The warm-up and the first frame are no measure. */
const COLD = 2;
const MEASURED = 12;

/** ONNX Runtime's own profile of a session's first runs: what each stage takes where all run as one. Node only. */
export class RunProfile {
  readonly #fs = process.getBuiltinModule('node:fs');
  readonly #folder: string;
  readonly #remove = (): void => this.#fs.rmSync(this.#folder, { recursive: true, force: true });
  #session: RuntimeSession | undefined;
  #nodes: readonly OnnxNode[] = [];
  #runs = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    // A process that ends before it is read leaves nothing either.
    process.once('exit', this.#remove);
  }

  /** Undefined where nothing can be written: no result hangs on it. */
  static begin(): RunProfile | undefined {
    const [{ mkdtempSync }, { tmpdir }] = [process.getBuiltinModule('node:fs'), process.getBuiltinModule('node:os')];
    try {
      return new RunProfile(mkdtempSync(`${tmpdir()}/sluice-profile-`));
    } catch {
      return undefined;
    }
  }

  /** What the session is to be made with. */
  get options(): object {
    return { enableProfiling: true, profileFilePrefix: `${this.#folder}/run` };
  }

  /** The session that was made, of this graph. */
  follow(session: RuntimeSession, nodes: readonly OnnxNode[]): void {
    this.#session = session;
    this.#nodes = nodes;
  }

  /** The session ran once more. After the last run that is profiled, once: the milliseconds of each of its stages. */
  ran(stages: readonly string[]): readonly number[] | undefined {
    if (++this.#runs !== COLD + MEASURED) return undefined;
    try {
      this.#session?.endProfiling?.();
      const [name = ''] = this.#fs.readdirSync(this.#folder);
      return stagesInProfile(this.#fs.readFileSync(`${this.#folder}/${name}`, 'utf8'), this.#nodes, stages, COLD);
    } catch {
      // A full disk, say.
      return undefined;
    } finally {
      this.end();
    }
  }

  /** Leaves nothing behind. */
  end(): void {
    this.#session = undefined;
    this.#nodes = [];
    process.off('exit', this.#remove);
    this.#remove();
  }
}
