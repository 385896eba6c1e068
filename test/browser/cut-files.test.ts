import { lastValueFrom, map, materialize, take, toArray } from 'rxjs';
import { videoFile, type VideoFileOptions } from 'sluice/browser';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';

// Files that end too early, and complete ones that look as if they did.

type MadeByFfmpeg = { madeByFfmpeg(args: string, name: string): Promise<string> };

/** Made by ffmpeg: 12 seconds, 120 frames. */
const PICTURES = '-f lavfi -i testsrc=size=64x48:rate=10:duration=12';
const H264 = '-c:v libx264 -pix_fmt yuv420p -g 20';
const CLIPS = {
  'index-first.mp4': `${PICTURES} ${H264} -movflags +faststart`,
  'index-last.mp4': `${PICTURES} ${H264}`,
  'b-frames.mp4': `${PICTURES} ${H264} -bf 3 -b_strategy 0 -movflags +faststart`,
  'fragments.mp4': `${PICTURES} ${H264} -movflags frag_keyframe+empty_moov`,
  'clusters.webm': `${PICTURES} -c:v libvpx -g 20 -cluster_time_limit 1000`,
  'clusters.mkv': `${PICTURES} ${H264} -cluster_time_limit 1000`,
  'long-sound.mp4': `-f lavfi -i testsrc=size=64x48:rate=10:duration=12 -f lavfi -i sine=duration=20 ${H264} -c:a aac`,
  'long-sound.mkv': `-f lavfi -i testsrc=size=64x48:rate=10:duration=12 -f lavfi -i sine=duration=20 ${H264} -c:a aac`,
  'stream.ts': `${PICTURES} ${H264}`,
} as const;
type Name = keyof typeof CLIPS;

const made = new Map<string, Uint8Array<ArrayBuffer>>();

beforeAll(async () => {
  for (const [name, args] of Object.entries(CLIPS)) {
    const base64 = await (commands as unknown as MadeByFfmpeg).madeByFfmpeg(args, name);
    made.set(
      name,
      Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0),
    );
  }
});

const whole = (name: Name) => made.get(name) ?? new Uint8Array();
/** The first part of a clip. */
const cut = (name: Name, part: number) => whole(name).slice(0, Math.round(whole(name).length * part));

/** The number of frames, and how the file ended. */
async function read(bytes: Uint8Array<ArrayBuffer>, name: string, options: VideoFileOptions = {}) {
  const all = await lastValueFrom(
    videoFile(new File([bytes], name), options).pipe(
      map(({ label }) => label.timestamp),
      materialize(),
      toArray(),
    ),
  );
  const end = all.at(-1);
  return {
    frames: all.length - 1,
    error: end?.kind === 'E' ? (end.error as { code: string; message: string }) : undefined,
  };
}

describe('a file that was cut off', () => {
  it.each<[Name, number]>([
    ['index-first.mp4', 0.6],
    ['index-first.mp4', 0.999],
    ['b-frames.mp4', 0.6],
    ['b-frames.mp4', 0.999],
    ['fragments.mp4', 0.6],
    ['clusters.webm', 0.6],
    ['clusters.mkv', 0.6],
  ])('%s, at %d: gives the frames that are there, then the error', async (name, part) => {
    const { frames, error } = await read(cut(name, part), name);
    expect(error).toMatchObject({ name: 'SourceError', code: 'damaged' });
    expect(error?.message).toMatch(new RegExp(`^${name} was cut off: .*only its first ${frames} frames`));
    expect(frames).toBeGreaterThan(20);
    expect(frames).toBeLessThan(120);
  });

  it('before its first frame: says that not one could be decoded', async () => {
    const bytes = whole('index-first.mp4');
    const dataAt = new TextDecoder('latin1').decode(bytes).indexOf('mdat');
    const { frames, error } = await read(bytes.slice(0, dataAt + 10), 'a.mp4');
    expect([frames, error?.code]).toEqual([0, 'no-frames']);
    expect(error?.message).toMatch(/^a\.mp4 was cut off: .*not one frame of it could be decoded/);
  });

  it('before its index: says that it has no list of its contents', async () => {
    const { frames, error } = await read(cut('index-last.mp4', 0.6), 'a.mp4');
    expect([frames, error?.code]).toEqual([0, 'damaged']);
    expect(error?.message).toMatch('has no list of its contents');
  });

  it('in the middle of a box or an element, anywhere: never ends without a word', async () => {
    for (const name of ['index-first.mp4', 'clusters.webm'] as const) {
      for (let i = 1; i < 10; i++) {
        const { frames, error } = await read(cut(name, i / 11), name);
        expect(error, `${name} at ${i}/11, ${frames} frames`).toMatchObject({ name: 'SourceError' });
      }
    }
  });

  it('is no error for those who leave before its end', async () => {
    const file = new File([cut('index-first.mp4', 0.6)], 'a.mp4');
    expect(await lastValueFrom(videoFile(file).pipe(take(3), toArray()))).toHaveLength(3);
    expect(await read(cut('index-first.mp4', 0.6), 'a.mp4', { end: 1 })).toEqual({ frames: 10, error: undefined });
  });

  it('gives the same frames and the same error again', async () => {
    const source = videoFile(new File([cut('index-first.mp4', 0.6)], 'a.mp4'));
    const counts: number[] = [];
    for (let i = 0; i < 2; i++) {
      let frames = 0;
      const error = await lastValueFrom(source.pipe(map(() => frames++))).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'damaged' });
      counts.push(frames);
    }
    expect(counts[0]).toBe(counts[1]);
  });
});

describe('a complete file', () => {
  it.each(Object.keys(CLIPS) as Name[])('%s: all frames, and no error', async (name) => {
    expect(await read(whole(name), name)).toEqual({ frames: 120, error: undefined });
  });

  it('of which a part without frames is asked for', async () => {
    const file = whole('index-first.mp4');
    expect((await read(file, 'a.mp4', { start: 100 })).error).toMatchObject({
      code: 'start-past-end',
      message: 'a.mp4: no frame at or after 100 s: the video ends at 12.000 s',
    });
    expect(await read(file, 'a.mp4', { start: 1.01, end: 1.02 })).toEqual({ frames: 0, error: undefined });
  });
});
