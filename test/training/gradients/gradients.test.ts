import { ENGINES } from '../../support/compute.ts';
import { runGradients } from './run-gradients.ts';

// The same runs in Chromium on webgl and webgpu: test/browser/gradients.test.ts.

for (const engine of ENGINES) runGradients(engine);
