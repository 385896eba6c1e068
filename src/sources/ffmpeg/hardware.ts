import { withoutSecrets } from '../source-name.ts';
import { startChild } from './children.ts';
import { endInTime } from './end-in-time.ts';
import type { Ffmpeg } from './locate.ts';
import type { Probed } from './probe.ts';
import { openProxy } from './remote-input.ts';

const TIMEOUT_MS = 30_000;
/** Of a line that is not complete. */
const MOST_CHARACTERS = 16_384;

/** The formats of frames that are in the memory of a device. */
const ON_DEVICE = /^(amf|cuda|d3d11|d3d12|drm_prime|dxva2|mediacodec|opencl|qsv|vaapi|vdpau|videotoolbox|vulkan)/;

/** The hardware that decodes a file: plain JSON. */
export interface Hardware {
  /** As ffmpeg calls it, or `auto`. Undefined if none decodes the file. */
  readonly hwaccel?: string;
  /** Why none does, for the user. */
  readonly unused?: string;
}

/**
 * Decodes the first frame of a file with hardware, to find out whether that works. ffmpeg decodes without it, or fails, as its version and
 * the reason will have it; only its log says which.
 */
export async function tryHardware(
  { path }: Pick<Ffmpeg, 'path'>,
  { input, info }: Probed,
  hwaccel: string,
  signal: AbortSignal,
): Promise<Hardware> {
  const log = new HardwareLog();
  // Some kinds leave the frames on the device, where this scaler does not reach them.
  const frame = ['-map', `0:${info.stream}`, '-frames:v', '1', '-vf', 'scale=16:16,format=gray', '-f', 'null', '-'];
  const general = ['-hide_banner', '-nostdin', '-v', 'level+debug', '-threads', '1', '-hwaccel', hwaccel];
  signal.throwIfAborted();
  const proxy = await openProxy(input);
  const end = await new Promise<'worked' | 'failed' | 'late'>((resolve) => {
    const child = startChild(path, [...general, ...input.args, ...frame], 3, { proxy });
    const time = endInTime(child, TIMEOUT_MS, signal);
    const settle = (code: number | null): void => resolve(time.isOver ? 'late' : code === 0 ? 'worked' : 'failed');
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => log.push(text));
    child.once('error', () => settle(null));
    child.once('close', settle);
  });
  signal.throwIfAborted();
  if (end === 'worked' && ON_DEVICE.test(log.format)) return { hwaccel };
  return { unused: `${info.codec} is decoded without hardware: ${why(end, hwaccel, log)}` };
}

function why(end: 'worked' | 'failed' | 'late', hwaccel: string, { error }: HardwareLog): string {
  if (end === 'late') return `${hwaccel} gave no frame within ${TIMEOUT_MS / 1000} s`;
  if (hwaccel === 'auto') return 'there is no device for it';
  return end === 'worked' ? `${hwaccel} is not for it` : `${hwaccel} does not work${error && `: ${error}`}`;
}

/** What ffmpeg's log says of the hardware. */
class HardwareLog {
  /** The format of the decoded frames. Decoders without choice name none. */
  format = '';
  /** The first error. */
  error = '';
  #rest = '';

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MOST_CHARACTERS);
    for (const line of lines) {
      // The last one counts: after a failure, the decoder chooses again.
      this.format = /\] Format (\w+) chosen by get_format/.exec(line)?.[1] ?? this.format;
      const error = /^(?:\[[^\]]*\] )?\[(?:error|fatal)\] (.+)/.exec(line)?.[1];
      if (error !== undefined) this.error ||= withoutSecrets(error).trim().replace(/\.$/, '').slice(0, 300);
    }
  }
}
