/**
 * What only browsers have: cameras, page elements, files decoded by the browser, and models in a worker.
 *
 * @module sluice/browser
 */

export { webcam, WebcamSource, type WebcamOptions } from './sources/browser/webcam.ts';
export { videoElement, type VideoElementOptions } from './sources/browser/video-element.ts';
export { canvas, type CanvasOptions } from './sources/browser/canvas.ts';
export { imageFiles, type ImageFilesOptions } from './sources/browser/image-files.ts';
export type { GrabOptions } from './sources/browser/grabber.ts';
export { videoFile, type VideoFileOptions, type VideoFileWarning } from './sources/browser/video-file.ts';
export { classifyOne, inferOne, type OnePicture } from './models/browser/infer-one.ts';
export type { InferOneOptions } from './models/one-result.ts';
export { inWorker, type InWorkerOptions, type WorkerOptions } from './worker/in-worker.ts';
