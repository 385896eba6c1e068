// What `npm run check` holds the package to; sizes are of minified and gzipped code, without tfjs and RxJS.
import { readFileSync } from 'node:fs';

const EXPORTS = /^export (?!type )\{([^}]*)\} from '\.\/([^']*)';/gm;

/** The values that src/index.ts exports from these files. */
function valuesFrom(files) {
  const found = [...readFileSync('src/index.ts', 'utf8').matchAll(EXPORTS)].filter(([, , file]) => files.test(file));
  const names = found.flatMap(([, list]) => list.split(',').map((name) => name.trim()));
  return `{ ${names.filter((name) => name !== '' && !name.startsWith('type ')).join(', ')} }`;
}

/** What is loaded when it is used has chunks of its own: an engine, say. */
const later = {
  name: 'later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
};

const measured = {
  path: 'src/index.ts',
  ignore: ['@tensorflow/*', 'rxjs'],
  gzip: true,
  modifyEsbuildConfig: (config) => ({
    ...config,
    conditions: ['sluice-source'],
    plugins: [later],
    format: 'esm',
    target: 'es2023',
    legalComments: 'none',
  }),
};

export default [
  {
    ...measured,
    name: 'core: frames, all stages, pipelines, all of flow',
    import: valuesFrom(/^(errors|frame|stage|pipeline|stages\/(?!from-spec|fold-)[^.]*|flow\/[^.]*)\.ts$/),
    limit: '25 kB',
  },
  {
    ...measured,
    name: 'a page that classifies with a network of its own',
    import: '{ admit, preprocess, pipeline, conv2d, maxPool, flatten, dense, softmax, classify, useEngine }',
    limit: '18 kB',
  },
  { ...measured, name: 'all of sluice', import: '*', limit: '48 kB' },
];
