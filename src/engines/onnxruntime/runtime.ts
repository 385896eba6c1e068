/** What is used of `onnxruntime-node` and `onnxruntime-web`: either module is one. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: object): Promise<RuntimeSession>;
  };
  /** What a page's module is told before its first session. */
  readonly env?: { readonly wasm?: { numThreads?: number | undefined } };
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, shape: readonly number[]): RuntimeTensor;
    new (type: 'uint8', data: Uint8Array, shape: readonly number[]): RuntimeTensor;
  };
}

/** A graph that is ready to run. */
export interface RuntimeSession {
  run(inputs: Readonly<Record<string, never>>): Promise<Readonly<Record<string, unknown>>>;
  release(): Promise<void>;
  /** Writes down what a session took that was made to be profiled. */
  endProfiling?(): void;
}

/** Numbers with a shape. */
export interface RuntimeTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** How sessions are made. */
export interface SessionSettings {
  readonly runtime: OnnxRuntime;
  readonly threads: number;
  readonly executionProviders: readonly unknown[];
  /** Whether the stages of a merged run are timed by the runtime's own profile. */
  readonly profiles: boolean;
  /** Whether pictures may go in as bytes. */
  readonly takesPixels: boolean;
}
