// What a model that is not trusted may claim: each far over what any network has, so that a damaged or malicious file is
// refused before memory or time is taken for it.

/** @internal Numbers in what a layer takes or gives: 1 GiB. */
export const MAX_VALUES = 2 ** 28;

/** @internal Layers, each counted as often as it is used; those inside other models, too. */
export const MAX_LAYERS = 10_000;

/** @internal Models in models. */
export const MAX_DEPTH = 100;

/** @internal Bytes of all weights together. */
export const MAX_WEIGHT_BYTES = 2 ** 32;

/** @internal Bytes of JSON. */
export const MAX_JSON = 100_000_000;

/** @internal Characters of a name, which messages repeat. */
export const MAX_NAME = 1000;

/** @internal Dimensions of a shape. */
export const MAX_RANK = 64;
