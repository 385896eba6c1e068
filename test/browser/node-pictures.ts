// What Node makes of pictures, for the tests in Chromium to be held against: run by a command of theirs.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import installer from '@ffmpeg-installer/ffmpeg';
import { lastValueFrom, map, toArray } from 'rxjs';
import { infer, useEngine, type ResizeOptions } from 'sluice';
import { images } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { exif, taggedJpeg } from '../support/exif.ts';

export interface NodePicture {
  readonly name: string;
  /** The file, in Base64. */
  readonly bytes: string;
  readonly sizes: readonly {
    /** Undefined: in its own size. */
    readonly resize?: ResizeOptions;
    /** RGB of this size, in Base64. */
    readonly data: string;
  }[];
  /** The two best classes for MobileNet. */
  readonly classes: readonly { readonly label: string; readonly score: number }[];
}

/** How a frame of the sample clip becomes a picture. */
const WAYS = {
  'fine.jpg': ['-q:v', '2', '-pix_fmt', 'yuvj420p'],
  'coarse.jpg': ['-q:v', '8', '-pix_fmt', 'yuvj420p'],
  'lossy.webp': ['-c:v', 'libwebp', '-q:v', '80', '-pix_fmt', 'yuv420p'],
  'rgb.png': ['-pix_fmt', 'rgb24'],
  // Transparent from the left to the right.
  'alpha.png': ['-vf', 'scale=320:180,format=rgba,geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):a=X*255/W', '-pix_fmt', 'rgba'],
  '422.jpg': ['-q:v', '3', '-pix_fmt', 'yuvj422p'],
  '444.jpg': ['-q:v', '3', '-pix_fmt', 'yuvj444p'],
} as const;

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-pictures-'));
try {
  copyFileSync('test/data/squirrel_cls.jpg', path.join(folder, 'squirrel.jpg'));
  for (const second of [0, 5, 10]) {
    for (const [name, how] of Object.entries(WAYS)) {
      const one = ['-ss', String(second), '-i', 'samples/cockatoo.mp4', '-frames:v', '1'];
      execFileSync(installer.path, ['-v', 'error', '-nostdin', ...one, ...how, path.join(folder, `${second}-${name}`)]);
    }
  }
  const upright = readFileSync(path.join(folder, '0-fine.jpg'));
  for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
    writeFileSync(path.join(folder, `turned-${orientation}.jpg`), taggedJpeg(upright, exif(orientation)));
  }
  await useEngine('wasm');
  const net = await mobilenetV1();
  const names = readdirSync(folder).toSorted();
  const paths = names.map((name) => path.join(folder, name));
  const { width, height, centralFraction = 1 } = net.preprocess;
  const sizes: readonly { readonly resize?: ResizeOptions }[] = [
    { resize: { width, height, centralFraction } },
    { resize: { width: 90, height: 60, fit: 'contain' } },
    {},
  ];
  const pixels: string[][] = [];
  for (const size of sizes) {
    const all = images(paths, size).pipe(
      map(({ data }) => Buffer.from(data.data).toString('base64')),
      toArray(),
    );
    pixels.push(await lastValueFrom(all));
  }
  const results = await lastValueFrom(
    images(paths, { resize: net.preprocess }).pipe(infer(net, { top: 2 }), toArray()),
  );
  const all = names.map((name, i): NodePicture => ({
    name,
    bytes: readFileSync(path.join(folder, name), 'base64'),
    sizes: sizes.map((size, k) => ({ ...size, data: pixels[k]?.[i] ?? '' })),
    classes: (results[i]?.classes ?? []).map(({ label, score }) => ({ label, score })),
  }));
  process.stdout.write(JSON.stringify(all));
} finally {
  rmSync(folder, { recursive: true });
}
