import type { VideoInfo } from '../sources/ffmpeg/video-info.ts';

/** What a file costs, in milliseconds of one core. The figures are the same on every machine, so that plans are: only their ratios decide. */
export interface FrameCosts {
  /** To decode a frame. */
  readonly decode: number;
  /** To start a decoder in the middle of the file, up to its first frame. */
  readonly start: number;
  /** To compute a frame; 0 if it is not known. */
  readonly compute: number;
}

/** Nanoseconds to decode a pixel. docs/benchmarks.md says how this was measured. */
const PIXEL: Readonly<Record<string, number>> = {
  h264: 3.8,
  hevc: 4,
  vp8: 3.7,
  vp9: 3.1,
  av1: 4.5,
  mpeg4: 2.2,
  mpeg2video: 1.8,
};
/** Of any other codec. */
const USUAL_PIXEL = 3.8;
/** Milliseconds to start ffmpeg, and nanoseconds more for each pixel of a frame. */
const START = 100;
const START_PIXEL = 15;
/** Multiply-accumulates in a millisecond: MobileNet v1 and ResNet-50 on onnxruntime. Where models run slower, workers gain more. */
const MACS = 1e8;

/** The costs of a file for a model of so many multiply-accumulates a frame. */
export function frameCosts(
  { codec, storedWidth, storedHeight }: Pick<VideoInfo, 'codec' | 'storedWidth' | 'storedHeight'>,
  macs = 0,
): FrameCosts {
  const megapixels = (storedWidth * storedHeight) / 1e6;
  const decode = megapixels * (Object.hasOwn(PIXEL, codec) ? (PIXEL[codec] ?? 0) : USUAL_PIXEL);
  return { decode, start: START + megapixels * START_PIXEL, compute: macs / MACS };
}
