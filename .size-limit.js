// What `npm run check` holds the package to: the size, minified and gzipped, of what a page that Vite builds loads first, but
// for tfjs and RxJS. What is loaded when it is used (engines, say) is in chunks of its own: test/demo/sizes.test.ts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';

const EXPORTS = /^export (?!type )\{([^}]*)\} from '\.\/([^']*)';/gm;

/** The values that src/index.ts exports from these files. */
function valuesFrom(files) {
  const found = [...readFileSync('src/index.ts', 'utf8').matchAll(EXPORTS)].filter(([, , file]) => files.test(file));
  const names = found.flatMap(([, list]) => list.split(',').map((name) => name.trim()));
  return names.filter((name) => name !== '' && !name.startsWith('type '));
}

const later = {
  name: 'later',
  enforce: 'pre',
  resolveId: (id, _importer, { kind }) => (kind === 'dynamic-import' ? { id, external: true } : undefined),
};

const index = path.resolve('src/index.ts');
const folder = path.resolve('node_modules/.cache/sluice/sizes');
mkdirSync(folder, { recursive: true });

/** A page that imports these, built; where that is. */
async function built(name, values) {
  const [entry, file] = [path.join(folder, `${name}.in.js`), path.join(folder, `${name}.js`)];
  writeFileSync(entry, `import { ${values.join(', ')} } from '${index}';\nconsole.log(${values.join(', ')});\n`);
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [later],
    build: {
      write: false,
      target: 'es2023',
      // As a library: a page's own way of loading what comes later is Vite's.
      lib: { entry, formats: ['es'] },
      rolldownOptions: { external: [/^@tensorflow\//, 'rxjs'], output: { minify: true } },
    },
  });
  if (output.length !== 1) throw new Error(`${name} was to be one chunk, but is ${output.length}`);
  writeFileSync(file, output[0].code);
  return path.relative('.', file);
}

const CORE = /^(errors|frames|stage|stages|flow)\//;
const PAGE = [
  'frameSource',
  'preprocess',
  'pipeline',
  'conv2d',
  'maxPool',
  'flatten',
  'dense',
  'softmax',
  'classify',
  'useEngine',
];

export default [
  {
    name: 'core: frames, pipelines, all stages, all of flow',
    path: await built('core', valuesFrom(CORE)),
    gzip: true,
    limit: '34 kB',
  },
  {
    name: 'a page that classifies with a network of its own',
    path: await built('page', PAGE),
    gzip: true,
    limit: '21.5 kB',
  },
  {
    name: 'all of sluice, with what reads models',
    path: await built('all', valuesFrom(/./)),
    gzip: true,
    limit: '106 kB',
  },
];
