import type { Range } from '../colour.ts';

/** The description of a video, known before it is decoded. */
export interface VideoInfo {
  /** The container, as ffmpeg calls it: `mov,mp4,m4a,3gp,3g2,mj2`, `matroska,webm`, `png_pipe`. */
  readonly container: string;
  /** `h264`, `vp9`, `gif`, … */
  readonly codec: string;
  /** Pixels of the picture as it is shown: rotated, with square pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture as it is stored. */
  readonly storedWidth: number;
  readonly storedHeight: number;
  /** Width over height of one stored pixel; 1 if the file does not say. */
  readonly pixelAspect: number;
  /** By how many degrees the stored picture is turned clockwise when it is shown: 0, 90, 180 or 270; others are rare. */
  readonly rotation: number;
  readonly pixelFormat: string;
  /** The matrix tag, by ffmpeg's name; undefined where the file has none. */
  readonly matrix: string | undefined;
  /** The primaries and transfer tags, by ffmpeg's names (`bt2020`, `smpte2084`); undefined where the file has none. */
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
  /** Whether the file says that its frames are of two fields each. */
  readonly interlaced: boolean;
  /** The range tag; undefined where the file has none. */
  readonly range: Range | undefined;
  readonly durationSeconds: number | undefined;
  /** Where the container's clock starts, in seconds: 36001.4 for a part of a long recording. Timestamps count from the first frame. */
  readonly startSeconds: number;
  readonly frameRate: number | undefined;
  /** Duration × frame rate, an estimate for progress bars; 1 for a picture. */
  readonly estimatedFrames: number | undefined;
  /** Whether it is a picture instead of a video. */
  readonly still: boolean;
  /** The number of the stream in the file. */
  readonly stream: number;
  /** Whether the file marks the stream as its default. */
  readonly isDefault: boolean;
}
