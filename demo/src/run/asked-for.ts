import { ENGINES, type Choice } from './choice.ts';
import { isLarge, taskNameOf, type Bundled } from './bundled.ts';
import { MODELS } from './models.ts';
import type { TaskName } from './tasks.ts';

const USUAL = 'mobilenet-v1';

/** What the page begins with. */
export interface Beginning {
  /** The name of the model. */
  readonly model: string;
  /** A large model, which the page loads only if the user agrees. */
  readonly large: Bundled | undefined;
  readonly task: TaskName;
  readonly engine: Choice['engine'];
  /** What the address asks for and the page does not have. */
  readonly notice: string | undefined;
}

/** Reads what the query of the page's address asks for, such as `?model=lenet5&engine=wasm`. */
export function askedFor(query: string): Beginning {
  const parameters = new URLSearchParams(query);
  const problems: string[] = [];
  const oneOf = <T extends string>(parameter: string, names: readonly T[], usual: T): T => {
    const wanted = parameters.get(parameter) ?? usual;
    const found = names.find((name) => name === wanted);
    if (found === undefined) {
      const short = wanted.length > 40 ? `${wanted.slice(0, 40)}…` : wanted;
      problems.push(
        `The page’s address asks for the ${parameter} “${short}”, which the page does not have. It has ${names.join(', ')}. The page uses ${usual}.`,
      );
    }
    return found ?? usual;
  };
  const model = oneOf(
    'model',
    MODELS.map(({ name }) => name),
    USUAL,
  );
  const engine = oneOf(
    'engine',
    ENGINES.map(([name]) => name),
    'auto',
  );
  const found = MODELS.find(({ name }) => name === model);
  const large = found && isLarge(found) ? found : undefined;
  const task = found ? taskNameOf(found) : 'classification';
  return { model: large ? USUAL : model, large, task, engine, notice: problems.join(' ') || undefined };
}
