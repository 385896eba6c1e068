import { afterEach, describe, expect, it, vi } from 'vitest';
import { isHardware, softwareOf } from '../../src/engines/gpu-kind.ts';
import { judgeGpu } from '../../src/engines/judge-gpu.ts';

const named = (name: string) => ({ name, fallback: false });

// As browsers tell them.
it.each([
  ['ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)', 'SwiftShader'],
  ['Google SwiftShader', 'SwiftShader'],
  ['google swiftshader', 'swiftshader'],
  ['llvmpipe (LLVM 15.0.7, 256 bits)', 'llvmpipe'],
  ['ANGLE (Mesa/X.org, llvmpipe (LLVM 12.0.0, 256 bits), OpenGL 4.5)', 'llvmpipe'],
  ['llvmpipe, or similar', 'llvmpipe'],
  ['mesa llvmpipe (LLVM 19.1.7, 256 bits)', 'llvmpipe'],
  ['softpipe', 'softpipe'],
  ['Mesa DRI swrast', 'swrast'],
  ['ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0, D3D11)', 'Basic Render'],
  ['Microsoft Basic Render Driver, or similar', 'Basic Render'],
  ['microsoft warp', 'warp'],
  ['Apple Software Renderer', 'Software'],
  ['GDI Generic', 'GDI Generic'],
])('%s is software', (name, program) => {
  expect(softwareOf(named(name))).toBe(program);
  expect(isHardware(named(name))).toBe(false);
});

it.each([
  'ANGLE (NVIDIA, NVIDIA GeForce RTX 4070 (0x00002786) Direct3D11 vs_5_0 ps_5_0, D3D11)',
  'ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)',
  'ANGLE (AMD, AMD Radeon RX 6600 (radeonsi, navi23, LLVM 15.0.7, DRM 3.54), OpenGL 4.6)',
  'ANGLE (Apple, ANGLE Metal Renderer: Apple M2, Unspecified Version)',
  'Apple GPU',
  'GeForce GTX 980, or similar',
  'Radeon HD 3200 Graphics, or similar',
  'Adreno (TM) 740',
  'Mali-G78',
  'PowerVR Rogue GE8320',
  'V3D 4.2 Broadcom',
  'nvidia ampere',
  'apple metal-3',
  'arm valhall',
  'intel gen-12lp',
])('%s is hardware', (name) => {
  expect(softwareOf(named(name))).toBeUndefined();
  expect(isHardware(named(name))).toBe(true);
});

it.each([
  '',
  'Mozilla',
  'WebKit WebGL',
  'Generic Renderer',
  'virgl (Mesa Intel(R) UHD Graphics 620 (KBL GT2))',
  'SVGA3D; build: RELEASE; LLVM;',
  'Parallels Display Adapter (WDDM)',
  // Parts of words are no makers.
  'charm',
  'combating',
  'normalised',
])('nobody knows what "%s" is', (name) => {
  expect([softwareOf(named(name)), isHardware(named(name))]).toEqual([undefined, false]);
});

it('a fallback adapter is software, whatever its name', () => {
  for (const name of ['', 'nvidia ampere']) {
    expect(softwareOf({ name, fallback: true })).toBe('a fallback adapter');
    expect(isHardware({ name, fallback: true })).toBe(false);
  }
});

// There is no WebGPU in Node, and no browser here has each of these adapters.
describe('judgeGpu', () => {
  afterEach(() => vi.unstubAllGlobals());
  const judge = (requestAdapter: () => unknown) => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter } });
    return judgeGpu('webgpu', {});
  };

  it.each([
    ['of Chromium today', { info: { vendor: 'google', architecture: 'swiftshader' } }, 'swiftshader'],
    ['that says so in its information', { info: { vendor: '', isFallbackAdapter: true } }, 'a fallback adapter'],
    [
      'that says so itself, as older browsers',
      { isFallbackAdapter: true, info: { vendor: 'x' } },
      'a fallback adapter',
    ],
    ['with its name in the description only', { info: { description: 'llvmpipe (LLVM 15)' } }, 'llvmpipe'],
  ])('leaves out the software adapter %s', async (_how, adapter, program) => {
    const why = `is left out: its GPU is software (${program})`;
    expect(await judge(() => Promise.resolve(adapter))).toEqual({ takes: false, why });
  });

  it('takes hardware without timing it', async () => {
    const adapter = { info: { vendor: 'nvidia', architecture: 'ampere', isFallbackAdapter: false } };
    expect(await judge(() => Promise.resolve(adapter))).toEqual({ takes: true });
  });

  it('says that there is no adapter', async () => {
    const why = 'does not work: the browser has no GPU for it';
    expect(await judge(() => Promise.resolve(null))).toEqual({ takes: false, why });
  });

  it('passes on what the browser throws', async () => {
    await expect(judge(() => Promise.reject(new Error('the GPU process crashed')))).rejects.toThrow('crashed');
  });
});
