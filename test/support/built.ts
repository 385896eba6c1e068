import { existsSync } from 'node:fs';
import path from 'node:path';

/** The repository. A script that `node -e` runs here gets the built package as `sluice`. */
export const root = path.resolve(import.meta.dirname, '../..');

/** The command as its users run it. */
export const main = path.join(root, 'dist/cli/main.js');
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first (\`npm test\` does)`);
