// The worker of inWorker, on a GPU that is lost when the page says so.
import * as tf from '@tensorflow/tfjs-core';
// eslint-disable-next-line import/no-unassigned-import -- it is a worker's script: it does what it does
import '../../src/worker/worker.ts';

globalThis.addEventListener('message', ({ data }: MessageEvent<{ readonly type: string }>) => {
  if (data.type !== 'lose') return;
  const { gpgpu } = tf.backend() as unknown as { readonly gpgpu: { readonly gl: WebGL2RenderingContext } };
  gpgpu.gl.getExtension('WEBGL_lose_context')?.loseContext();
});
