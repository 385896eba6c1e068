// node examples/play: the trained player plays Catch in the terminal. docs/training.md says how it has learned that.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

// Node 20 does not read TypeScript. `sluice` is this repository's own.
register({ tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)) });
await import('./main.ts');
