/** The part of the modules `onnxruntime-node` and `onnxruntime-web` that sluice uses. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: object): Promise<RuntimeSession>;
  };
  /** Settings of `onnxruntime-web`, which it reads when it creates its first session. */
  readonly env?: { readonly wasm?: { numThreads?: number | undefined } };
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, shape: readonly number[]): RuntimeTensor;
    new (type: 'uint8', data: Uint8Array, shape: readonly number[]): RuntimeTensor;
  };
}

/** A graph that ONNX Runtime has loaded. */
export interface RuntimeSession {
  run(inputs: Readonly<Record<string, never>>): Promise<Readonly<Record<string, unknown>>>;
  release(): Promise<void>;
  /** Writes the profile of a session that was created with `enableProfiling`. */
  endProfiling?(): void;
}

/** A tensor of ONNX Runtime. */
export interface RuntimeTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** How sessions are created and run. */
export interface SessionSettings {
  readonly runtime: OnnxRuntime;
  readonly threads: number;
  readonly executionProviders: readonly unknown[];
  /** How the stages of a merged graph are timed. */
  readonly stageTimes: StageTimesMode;
  /** Whether a graph may take a picture's bytes. */
  readonly takesPixels: boolean;
}

/** How the stages of a merged graph are timed. */
export type StageTimesMode = 'apart' | 'profile';
