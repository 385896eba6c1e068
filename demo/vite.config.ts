import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { modelFiles } from './model-files.ts';

export default defineConfig({
  root: import.meta.dirname,
  // Works from any path, also of a disk behind some server.
  base: './',
  plugins: [modelFiles()],
  resolve: { tsconfigPaths: true },
  server: { fs: { allow: [fileURLToPath(new URL('..', import.meta.url))] } },
  worker: { format: 'es' },
  // Files, not data: URLs, which a strict Content-Security-Policy refuses.
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0 },
});
