/** A part of this package that is compiled after `src/`: where the names of ImageNet's classes are. */
declare module 'sluice/pipelines/imagenet' {
  export const imagenetNames: URL;
}
