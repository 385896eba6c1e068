import { WeightsError } from '../../errors/errors.ts';
import { LimitError } from '../limit-error.ts';
import { few } from '../few-names.ts';
import type { OnnxNode } from './onnx-file.ts';

/** @internal Collects what cannot be converted: each unknown operator with one of its nodes, and each other problem. */
export class Problems {
  readonly #file: string;
  readonly #operators = new Map<string, string>();
  readonly #others: string[] = [];
  #overLimits = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#operators.size + this.#others.length > 0;
  }

  /** Whether a node takes too much memory. */
  get overLimits(): boolean {
    return this.#overLimits;
  }

  /** What is wrong with all of them, as one text. */
  get message(): string {
    const [operators, others] = [[...this.#operators.values()], this.#others];
    const unknown =
      operators.length > 0 ? `${this.#file} has operators that sluice does not know: ${few(operators)}` : '';
    const wrong = others.length > 0 ? `${this.#file} has nodes that cannot be converted: ${few(others)}` : '';
    return [unknown, wrong].filter((text) => text !== '').join('. ');
  }

  /** An operator that is not known. */
  unknown(node: OnnxNode): void {
    if (!this.#operators.has(node.op)) this.#operators.set(node.op, called(node));
  }

  /** A node of a known operator that cannot be converted. */
  wrong(node: OnnxNode, error: Error): void {
    this.#others.push(`${called(node)}: ${error.message.slice(0, 300)}`);
    if (error instanceof LimitError) this.#overLimits = true;
  }

  /** Throws `WeightsError` if there are any. It says how ONNX Runtime gets the model. */
  check(): void {
    if (!this.any) return;
    const way = "ONNX Runtime may run it: give onnxRuntime: 'whole' or 'rest' (--onnx-runtime) if you trust the file";
    throw new WeightsError(this.#overLimits ? this.message : `${this.message}. ${way}`);
  }
}

/** @internal A node as messages name it. */
export function called({ name, op, outputs }: OnnxNode): string {
  return `${op || 'a node without an operator'} (${name || outputs[0] || 'without a name'})`;
}
