import { commands } from 'vitest/browser';

/** Answers for the person whether pages may use the camera. */
export async function allowCamera(allowed: boolean): Promise<void> {
  await (commands as unknown as { allowCamera(allowed: boolean): Promise<void> }).allowCamera(allowed);
}
