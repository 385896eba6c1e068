import { useEngine } from 'sluice';
import { WASM_PATHS } from '../../browser/support/wasm-paths.ts';
import { installFastCamera } from './fast-camera.ts';
import { soakCamera, type Level, type Soak, type Soaked } from './soak-camera.ts';

const { tell } = globalThis as unknown as { readonly tell: (level: Level) => Promise<void> };

async function run(soak: Soak): Promise<Soaked> {
  installFastCamera();
  if (soak.where === 'page') await useEngine(soak.engine, { wasmPaths: WASM_PATHS });
  return soakCamera(soak, tell);
}

Object.assign(globalThis, { run });
