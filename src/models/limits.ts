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

/** @internal The maximum number of weights of a model, those of no size included. */
export const MAX_WEIGHTS = 100_000;

/** @internal The maximum number of files that hold a model's weights. */
export const MAX_WEIGHT_FILES = 10_000;

/** @internal The maximum number of nodes of a graph model, with those of its functions. */
export const MAX_NODES = 100_000;

/** @internal The maximum size of an ONNX file without its external data: that of a message of protobuf. */
export const MAX_ONNX = 2 ** 31;

/** @internal The maximum size of a TFLite file: its references have 32 bits. */
export const MAX_TFLITE = 2 ** 31;

/** @internal The maximum size of a file's JSON, in bytes. */
export const MAX_JSON = 100_000_000;

/** @internal The maximum number of values in JSON: numbers, texts, lists, objects and so on. Empty lists take the most memory. */
export const MAX_JSON_VALUES = 5_000_000;

/** @internal The maximum depth of lists and objects in JSON. */
export const MAX_JSON_DEPTH = 1000;

/** @internal The maximum size of a file of class names, in bytes. */
export const MAX_LABELS = 10_000_000;

/** @internal The maximum number of class names. */
export const MAX_CLASSES = 1_000_000;

/**
 * @internal The default of `maxWork`: multiply-adds, or visits of values, for one frame. VGG16 takes 1.6e10, the largest model
 * of Keras (ConvNeXtXLarge) 6e10, a ViT-H 2e11, and a U-Net on pictures of 1920 × 1080 takes 2e12.
 */
export const MAX_WORK = 1e13;

/** @internal The maximum length of a name, which error messages contain, in characters. */
export const MAX_NAME = 1000;

/** @internal The maximum number of dimensions of a shape. */
export const MAX_RANK = 64;

/**
 * @internal The most boxes that a graph model may compare with each other (NonMaxSuppression), which takes as many comparisons
 * as their square. RetinaNet has 120,000 on a picture of 1333 × 800.
 */
export const MAX_BOXES = 2 ** 17;

/** @internal What a packed file may unpack to: so many times its own size, and so many bytes. */
export const MAX_UNPACKED = { times: 20, bytes: 64_000_000 } as const;
