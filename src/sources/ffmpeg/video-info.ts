import type { Range } from '../colour.ts';

/** What a file states about its video, read without decoding it. */
export interface VideoInfo {
  /** The container, as ffmpeg calls it: `mov,mp4,m4a,3gp,3g2,mj2`, `matroska,webm`, `png_pipe`. */
  readonly container: string;
  /** `h264`, `vp9`, `gif`, … */
  readonly codec: string;
  /** As shown: rotated, with square pixels. */
  readonly width: number;
  readonly height: number;
  /** As stored. */
  readonly storedWidth: number;
  readonly storedHeight: number;
  /** Width over height of one stored pixel; 1 where the file does not say. */
  readonly pixelAspect: number;
  /** Degrees, clockwise, by which the stored picture is turned to be shown: 0, 90, 180 or 270 (others are rare). */
  readonly rotation: number;
  readonly pixelFormat: string;
  /** The matrix tag, by ffmpeg's name; undefined where the file has none. */
  readonly matrix: string | undefined;
  /** The range tag; undefined where the file has none. */
  readonly range: Range | undefined;
  readonly durationSeconds: number | undefined;
  /** Where the file's clock starts; frames carry this clock's times. */
  readonly startSeconds: number;
  readonly frameRate: number | undefined;
  /** Duration × frame rate: an estimate for progress bars; 1 for a picture. */
  readonly estimatedFrames: number | undefined;
  /** A picture, not a video. */
  readonly still: boolean;
  /** The number of the stream in the file. */
  readonly stream: number;
}
