import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as rxjs from 'rxjs';
import * as sluice from 'sluice';
import * as sluiceNode from 'sluice/node';
import * as mobilenet from 'sluice/pipelines/mobilenet-v1';
import * as testing from 'sluice/testing';
import { describe, expect, inject, it } from 'vitest';
import { guideFiles } from '../docs/guide-files.ts';
import { blocksIn } from '../docs/snippets.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { exampleModule } from './example-module.ts';
import { nodeBinary, nodePackages, type NodeVersion } from './node-versions.ts';
import { printedBy } from './run-in.ts';

const project = inject('consumer');

const guides = ['README.md', ...readdirSync('docs').map((file) => `docs/${file}`)]
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, snippets: blocksIn(file) }))
  .filter(({ snippets }) => snippets.length > 0);

/** What the guides' examples may use without an import, as their earlier ones imported it. README's run as they stand. */
const IN_SCOPE = {
  '../../../given.js': ['tf', 'arrivals', 'source', 'net', 'labels', 'result', 'draw'],
  'sluice/node': Object.keys(sluiceNode),
  'sluice/pipelines/mobilenet-v1': Object.keys(mobilenet),
  'sluice/testing': Object.keys(testing),
  sluice: Object.keys(sluice),
  'node:fs/promises': ['writeFile'],
  rxjs: Object.keys(rxjs),
};

/** A folder in the project with the files that examples read, and each example as a module. */
async function prepare(version: NodeVersion, { file, snippets }: (typeof guides)[number]): Promise<string> {
  const folder = path.join(project, 'examples', `node-${version}`, path.basename(file, '.md'));
  mkdirSync(folder, { recursive: true });
  guideFiles(folder);
  const examples = snippets.map(({ where, prints }, i) => ({ file: `example-${i}.js`, where, prints }));
  const scope = file === 'README.md' ? {} : IN_SCOPE;
  for (const [i, snippet] of snippets.entries()) {
    writeFileSync(path.join(folder, `example-${i}.js`), await exampleModule(snippet, scope));
  }
  writeFileSync(path.join(folder, 'examples.json'), JSON.stringify(examples));
  return folder;
}

/** Lists may be written with or without spaces inside their brackets. */
function unspaced(text: string): string {
  return text.replaceAll('[ ', '[').replaceAll(' ]', ']');
}

const notHere = nodePackages().length > 0 ? '' : ` (skipped: npm has no Node for ${process.platform} ${process.arch})`;

/** Tests the examples of the guides, or of those named, with a version of Node. Each version has a file, so that two run at a time. */
export function testExamples(version: NodeVersion, files = guides.map(({ file }) => file)): void {
  describe.skipIf(notHere !== '')(`Node ${version}${notHere}`, () => {
    const node = nodeBinary(project, version);

    it.each(guides.filter(({ file }) => files.includes(file)))('runs the examples of $file', async (guide) => {
      const folder = await prepare(version, guide);
      const env = { ...process.env, FFMPEG_PATH: (await locateFfmpeg()).path };
      const runner = path.join(project, 'run-examples.js');
      await printedBy(folder, node ?? '', [runner], { env });
      const printed = JSON.parse(readFileSync(path.join(folder, 'printed.json'), 'utf8')) as Record<string, string[]>;
      for (const { where, prints } of guide.snippets) {
        expect((printed[where] ?? []).slice(0, prints.length).map(unspaced), where).toEqual(prints.map(unspaced));
      }
    });
  });
}
