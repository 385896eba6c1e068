/**
 * What only Node has: video files and pictures decoded by ffmpeg, streams of raw frames, Parquet, reports, downloaded models, and batch jobs.
 *
 * @module sluice/node
 */

export { videoFile, VideoSource, type VideoFileOptions } from './sources/video-file.ts';
export { rawFrames, type RawFramesOptions } from './sources/raw-frames.ts';
export { images, ImageSource, type ImagesOptions } from './sources/images.ts';
export type { DecodeOptions, SourceWarning, ToneMapping } from './sources/ffmpeg/decode-options.ts';
export type { Sampling, SamplingOptions } from './sources/ffmpeg/sampling.ts';
export type { VideoInfo } from './sources/ffmpeg/video-info.ts';
export { loadParquet, type ParquetOptions } from './sinks/formats/parquet.ts';
export { reportHtml } from './sinks/report/report-html.ts';
export { RunRecorder, type RunEnd } from './sinks/report/run-recorder.ts';
export type { FileRecord, RunRecord } from './sinks/report/run-record.ts';
export { resultFormat, type ResultFormat, type ResultFormatOptions } from './sinks/formats/result-format.ts';
export { drawResults } from './sinks/pictures/draw-results.ts';
export type { WrittenImage } from './sinks/pictures/image-files.ts';
export { imagesOut, type ImagesOutOptions } from './sinks/pictures/images-out.ts';
export { masksOut, type MasksOutOptions } from './sinks/pictures/masks-out.ts';
export { videoOut, type VideoOutOptions, type WrittenVideo } from './sinks/pictures/video-out.ts';
export { quantize, type Quantization, type QuantizationReport, type QuantizedLayer } from './quantization/quantize.ts';
export type { QuantizeOptions, RangeMethod } from './quantization/quantize-options.ts';
export type { Agreement } from './quantization/agreement.ts';
export { OutputFile } from './sinks/files/output-file.ts';
export { registeredModels, type RegisteredModel } from './models/registry/registered-models.ts';
export { modelPath, type ModelCacheOptions } from './models/registry/model-cache.ts';
export { classifyOne, inferOne, type OnePicture } from './models/infer-one.ts';
export type { InferOneOptions } from './models/one-result.ts';
export { pullModel, type PullOptions } from './models/registry/pull-model.ts';
export { labelFiles } from './batch/label-files.ts';
export type { LabelFilesOptions, LabelOutputsOptions, LabelTaskOptions } from './batch/label-files-options.ts';
export type { TaskOptionsInJob } from './batch/task-option-names.ts';
export type { LabelOptions } from './batch/label-options.ts';
export type { JobOptions } from './batch/label-job.ts';
export type { JobEvent } from './batch/job-event.ts';
export type { PartAccount } from './batch/part-account.ts';
export type { Skipping } from './batch/skipping.ts';
export type { FrameDigest } from './batch/frame-digest.ts';
