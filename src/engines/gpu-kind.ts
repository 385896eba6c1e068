/** What a GPU says it is. */
export interface GpuName {
  readonly name: string;
  /** Whether the browser itself says that it is a slow stand-in for a GPU. */
  readonly fallback: boolean;
}

/** SwiftShader (Chrome), llvmpipe, lavapipe, softpipe and swrast (Mesa), WARP and Microsoft Basic Render, and Apple's. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|swrast|software|basic render|\bwarp\b|gdi generic/i;

/** GPUs of virtual machines, which may be computed on a GPU of the host or not at all. */
const VIRTUAL = /virgl|venus|svga3d|vmware|virtualbox|parallels|paravirtual/i;

const HARDWARE =
  /nvidia|geforce|quadro|tegra|\bamd\b|\bati\b|radeon|intel|\biris\b|apple|qualcomm|adreno|\barm\b|\bmali\b|immortalis|powervr|imagination|img-tec|samsung|xclipse|broadcom|videocore|vivante|maleoon/i;

/** The name of the program that imitates a GPU, if the GPU is known to be one. */
export function softwareOf({ name, fallback }: GpuName): string | undefined {
  return SOFTWARE.exec(name)?.[0] ?? (fallback ? 'a fallback adapter' : undefined);
}

/** Whether a GPU is known to be a device. If it is neither this nor software, nobody knows. */
export function isHardware(gpu: GpuName): boolean {
  return !softwareOf(gpu) && HARDWARE.test(gpu.name) && !VIRTUAL.test(gpu.name);
}
