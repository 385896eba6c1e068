// Limits for model files that are not trusted. Each is far above what real models need. They refuse a damaged or malicious
// file before it takes memory or time.

/** @internal The maximum number of values in a layer's input or output: 1 GiB of float32. */
export const MAX_VALUES = 2 ** 28;

/** @internal The maximum number of layers, including those in nested models. A layer counts once per use. */
export const MAX_LAYERS = 10_000;

/** @internal The maximum depth of nested models. */
export const MAX_DEPTH = 100;

/** @internal The maximum size of all weights together, in bytes. */
export const MAX_WEIGHT_BYTES = 2 ** 32;

/** @internal The maximum size of a file's JSON, in bytes. */
export const MAX_JSON = 100_000_000;

/** @internal The maximum length of a name, which error messages contain, in characters. */
export const MAX_NAME = 1000;

/** @internal The maximum number of dimensions of a shape. */
export const MAX_RANK = 64;
