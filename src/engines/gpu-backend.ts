/** The private parts of tfjs's GPU backends that are used here. */
export interface GpuBackend {
  /** Only of webgl. */
  readonly gpgpu?: { readonly gl: WebGL2RenderingContext; outputTexture: unknown };
  /** Only of webgpu. */
  readonly device?: { readonly lost: Promise<unknown> };
  /** The backend's tensors. webgl calls them `texData`, webgpu `tensorMap`. */
  readonly texData?: HeldTensors;
  readonly tensorMap?: HeldTensors;
  convertAndCacheOnCPU: (id: object, values?: unknown) => unknown;
}

/** A backend's tensors, by their `dataId`. `values` are their numbers, if they are also in the processor's memory. */
interface HeldTensors {
  has(id: object): boolean;
  get(id: object): { readonly values?: unknown };
}

export function heldBy({ texData, tensorMap }: GpuBackend): HeldTensors | undefined {
  return texData ?? tensorMap;
}
