// What only Node has, beside everything of sluice itself.

export { videoFile, VideoSource, type VideoFileOptions } from './sources/video-file.ts';
export { images, ImageSource, type ImagesOptions } from './sources/images.ts';
export type { DecodeOptions, SourceWarning } from './sources/ffmpeg/decode-options.ts';
export type { VideoInfo } from './sources/ffmpeg/video-info.ts';
export { OutputFile } from './sinks/output-file.ts';
