import type { OptionNames } from '../../errors/check-options.ts';
import type { RuntimeOptions } from '../../engines/onnxruntime/model-session.ts';
import type { GraphModelOptions } from '../graph/graph-model-options.ts';
import { LAYERS_OPTION_NAMES, type LayersModelOptions } from '../layers/layers-model-options.ts';

/**
 * Options of {@link onnxModel}: those of {@link layersModel}, those of {@link graphModel} that name inputs, and what runs on ONNX
 * Runtime. `input` is one of the model's inputs. A `state` needs `onnxRuntime: 'whole'`.
 */
export interface OnnxModelOptions extends LayersModelOptions, Pick<GraphModelOptions, 'input' | 'constants' | 'state'> {
  /**
   * What of the model runs on ONNX Runtime, as one asynchronous stage: the `whole` model, or the `rest` that sluice's stages cannot do,
   * with what depends on it. Default: nothing, and a model with other operators is refused. Give this only for files that you trust:
   * ONNX Runtime has no limits for memory and time (`maxWork` does not count what it does), and a damaged file may end the process.
   */
  readonly onnxRuntime?: 'whole' | 'rest';
  /**
   * How it runs there: `threads`, `executionProviders`, and `runtime`, the module of ONNX Runtime, which a page has to give. Default: the
   * options that `useEngine` was called with.
   */
  readonly runtimeOptions?: RuntimeOptions;
}

/** @internal What of a model may run on ONNX Runtime. */
export const RUNTIME_SHARES = ['whole', 'rest'] as const;

/** @internal The names of {@link RuntimeOptions}. */
export const RUNTIME_OPTION_NAMES: OptionNames<RuntimeOptions> = {
  threads: true,
  executionProviders: true,
  runtime: true,
};

/** @internal The names of {@link OnnxModelOptions}. */
export const ONNX_OPTION_NAMES: OptionNames<OnnxModelOptions> = {
  ...LAYERS_OPTION_NAMES,
  input: true,
  constants: true,
  state: true,
  onnxRuntime: true,
  runtimeOptions: true,
};
