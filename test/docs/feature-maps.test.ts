import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lastValueFrom, map, take } from 'rxjs';
import { images } from 'sluice/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { answers, featureMaps, pictures, type Picture } from '../../scripts/feature-maps.ts';

describe('the pictures of the guide', () => {
  let drawn: Record<string, Picture>;
  beforeAll(async () => {
    drawn = await featureMaps();
  });

  it('are all there, and no others', () => {
    expect(
      readdirSync(pictures)
        .filter((file) => file.endsWith('.png'))
        .toSorted(),
    ).toEqual(Object.keys(drawn).toSorted());
  });

  it.each(['photo.png', 'edge.png', 'corner.png', 'blob.png', 'mobilenet-conv1.png'])(
    '%s is what comes out today',
    async (name) => {
      const { width, height, pixels } = drawn[name] as Picture;
      const stored = await lastValueFrom(
        images([join(pictures, name)]).pipe(
          take(1),
          map(({ data }) => ({ size: [data.width, data.height], bytes: Uint8Array.from(data.data) })),
        ),
      );
      expect(stored.size).toEqual([width, height]);
      const channels = stored.bytes.length / pixels.length;
      const apart = pixels.reduce((sum, value, i) => sum + Math.abs(value - (stored.bytes[i * channels] ?? NaN)), 0);
      // Grey levels of 255: another ffmpeg decodes and resizes the photo a little differently.
      expect(apart / pixels.length).toBeLessThan(2);
    },
  );
});

it('the filters answer where the guide says', async () => {
  const found = await answers();
  /** The largest answer within so many pixels of a place in the photo, as a share of the largest of all. */
  const near = (name: string, x: number, y: number, radius: number) => {
    const tensor = found[name];
    const [, , width = 0] = tensor?.shape ?? [];
    const values = tensor?.dataSync() ?? [];
    const border = (224 - width) / 2;
    let [most, all] = [0, 0];
    values.forEach((value, i) => {
      const away = Math.hypot((i % width) + border - x, Math.floor(i / width) + border - y);
      if (away <= radius) most = Math.max(most, value);
      all = Math.max(all, value);
    });
    return most / all;
  };
  const EYE = [137, 87] as const;
  const LEAF_TIP = [109, 60] as const;
  const PLAIN = [190, 75] as const;
  expect(near('blob', ...EYE, 4)).toBeGreaterThan(0.5);
  // A ring around it is not what the filter looks for.
  expect(near('blob', EYE[0], EYE[1] - 12, 2)).toBeLessThan(0.2);
  expect(near('corner', ...LEAF_TIP, 4)).toBeGreaterThan(0.6);
  for (const name of ['edge', 'corner', 'blob']) expect(near(name, ...PLAIN, 4), name).toBeLessThan(0.1);
  Object.values(found).forEach((tensor) => tensor.dispose());
});

it.each([
  'README.md',
  'ARCHITECTURE.md',
  ...readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  'docs/pictures/README.md',
])('%s links to files that exist', (file) => {
  const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(join(dirname(file), link)))).toEqual([]);
});
