import type { GpuName } from './gpu-kind.ts';

/** The engines that compute on a GPU. */
export type GpuEngine = 'webgpu' | 'webgl';

/** The part of WebGPU that is used here, as current and older browsers have it. */
interface Adapter {
  readonly info?: AdapterInfo;
  readonly isFallbackAdapter?: boolean;
}
interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}
interface WebGpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

/** What Chromium and Safari call every GPU unless the extension is asked. Firefox has no use for the extension, and warns. */
const MASKED = /^(webkit webgl|mozilla|)$/i;

/** The GPU that an engine would compute on. Undefined if there is none. Does not load the engine. */
export function gpuName(engine: GpuEngine): Promise<GpuName | undefined> {
  return engine === 'webgpu' ? webgpuName() : Promise.resolve(webglName());
}

async function webgpuName(): Promise<GpuName | undefined> {
  const { gpu } = navigator as { readonly gpu?: WebGpu };
  // As tfjs asks.
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return undefined;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
  const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
  return { name, fallback: (isFallbackAdapter ?? adapter.isFallbackAdapter) === true };
}

function webglName(): GpuName | undefined {
  const gl = webglContext();
  if (!gl) return undefined;
  try {
    const name = String(gl.getParameter(gl.RENDERER) ?? '');
    if (!MASKED.test(name)) return { name, fallback: false };
    const unmasked = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
    return { name: unmasked === undefined ? '' : String(gl.getParameter(unmasked) ?? ''), fallback: false };
  } finally {
    // A page may have only a few contexts at a time.
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function webglContext(): WebGLRenderingContext | WebGL2RenderingContext | null {
  const offscreen = typeof OffscreenCanvas !== 'undefined';
  const canvas = offscreen ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  // As tfjs asks.
  const attributes = { failIfMajorPerformanceCaveat: true };
  const context = canvas.getContext('webgl2', attributes) ?? canvas.getContext('webgl', attributes);
  return context as WebGLRenderingContext | WebGL2RenderingContext | null;
}
