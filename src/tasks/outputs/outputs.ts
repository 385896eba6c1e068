import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { NamedTensors } from '../../stage/named-tensors.ts';
import type { Shape } from '../../stage/shape.ts';
import { captionBox } from '../caption-box.ts';
import type { Caption, Column, Row, Task } from '../task.ts';

/** The result of a model with several outputs. */
export interface Outputs {
  /** The result of each output, by its name: `{ age: { value: 31 }, gender: { classes: […] } }`. */
  readonly outputs: Readonly<Record<string, object>>;
}

/** An output of a model: what it means, and the names of its classes. */
export interface NamedOutput {
  readonly task: Task;
  readonly labels?: readonly string[] | undefined;
}

/**
 * The task of a model with several outputs, each with a task of its own: {@link NamedTensors} → {@link Outputs}. A table has one
 * row for a frame, with a column for each value and vector, and two for classes: the best one and its score. The captions are
 * those of the outputs, after their names.
 *
 * Throws `OptionError` for no outputs, and for labels: each output has its own.
 *
 * @see {@link classification}, {@link regression}, {@link embedding}
 *
 * @example
 * const face = outputs({ age: { task: regression() }, gender: { task: classification({ outputKind: 'binary' }), labels: ['f', 'm'] } });
 * console.log(face.columns.map(({ name }) => name)); // [ 'age', 'gender', 'gender_score' ]
 */
export function outputs(named: Readonly<Record<string, NamedOutput>>): Task<Outputs> {
  if (typeof named !== 'object' || named === null || Object.keys(named).length === 0) {
    throw new OptionError(`outputs needs { name: { task } } for each output, not ${describeValue(named)}`);
  }
  const all = Object.entries(named);
  const each = <T>(visit: (task: Task, name: string) => T): [string, T][] =>
    all.map(([name, { task }]) => [name, visit(task, name)]);
  const resultOf = (results: Outputs['outputs'], name: string) => results[name] ?? {};
  const captionsOf = ({ outputs: results }: Outputs): Caption[] =>
    each((task, name) => task.captions(resultOf(results, name))[0]).flatMap(([name, caption]) =>
      caption ? [{ label: `${name}: ${caption.label}`, score: caption.score }] : [],
    );
  return {
    kind: 'outputs',
    spec: {
      kind: 'outputs',
      outputs: Object.fromEntries(all.map(([name, { task, labels }]) => [name, { task: task.spec, labels }])),
    },
    optionNames: [],
    hasCaptions: all.some(([, { task }]) => task.hasCaptions !== false),
    reader(labels = []) {
      if (labels.length > 0)
        throw new OptionError('outputs: each output has its own labels: leave out those of the model');
      const readers = all.map(([name, { task, labels: own }]) => [name, task.reader(own)] as const);
      return {
        name: 'readOutputs',
        checkShape: () => undefined,
        checkShapes(shapes) {
          for (const [name, reader] of readers) checkOne(name, reader, shapes[name]);
        },
        async read(output, view) {
          const tensors = output instanceof NamedTensors ? output.tensors : {};
          const results = readers.map(async ([name, reader]) => {
            const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
            checkOne(name, reader, tensor?.shape);
            return [name, await reader.read(tensor as Tensor, view)] as const;
          });
          return { outputs: Object.fromEntries(await Promise.all(results)) };
        },
      };
    },
    optionsToAggregate: () => ({}),
    select: (result) => result,
    aggregator() {
      const aggregators = each((task) => task.aggregator({}));
      return {
        add({ outputs: results }) {
          for (const [name, aggregator] of aggregators) aggregator.add(resultOf(results, name));
        },
        take: () => ({ outputs: Object.fromEntries(aggregators.map(([name, one]) => [name, one.take()])) }),
      };
    },
    captions: captionsOf,
    stored: ({ outputs: results }) => ({
      outputs: Object.fromEntries(each((task, name) => task.stored(resultOf(results, name)))),
    }),
    columns: each(columnsOf).flatMap(([, columns]) => columns),
    rows: ({ outputs: results }) => [
      Object.assign(
        {},
        ...each((task, name) => cellsOf(task, name, resultOf(results, name))).map(([, row]) => row),
      ) as Row,
    ],
    overlay(result, picture) {
      const lines = captionsOf(result).map(({ label, score }) => ({ text: label, bar: score }));
      return captionBox(lines, picture);
    },
  };
}

function checkOne(name: string, reader: { checkShape(shape: Shape): void }, shape: Shape | undefined): void {
  if (!shape) throw new ShapeError(`needs an output ${name}, which the model does not give`);
  try {
    reader.checkShape(shape);
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(`${error.message} as ${name}`, { cause: error }) : error;
  }
}

/** A task with one column gives it the output's name. Of a task with several rows, such as a list of classes, the first counts. */
function columnsOf(task: Task, name: string): Column[] {
  const own = ownColumns(task);
  return own.map((column, i) => ({ ...column, name: i === 0 ? name : `${name}_${column.name}` }));
}

function ownColumns({ columns }: Task): readonly Column[] {
  return columns.filter(({ name }) => name !== 'rank' && name !== 'index');
}

function cellsOf(task: Task, name: string, result: object): Row {
  const [first = {}] = task.rows(result);
  return Object.fromEntries(
    ownColumns(task).map(({ name: column }, i) => [i === 0 ? name : `${name}_${column}`, first[column] ?? null]),
  );
}
