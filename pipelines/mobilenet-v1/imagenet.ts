/**
 * The names of the classes of ImageNet.
 *
 * @module sluice/pipelines/imagenet
 */

/**
 * Where the names of ImageNet's classes are: a JSON list of 1,001 names, of which the first is `background`. `importModel` with
 * `labels: 'imagenet'` and `--labels imagenet` read it.
 *
 * @example
 * console.log(imagenetNames.pathname.endsWith('labels.json')); // true
 */
export const imagenetNames: URL = new URL('./labels.json', import.meta.url);
