import { releaseModels } from 'sluice';
import { beforeAll } from 'vitest';

// Models that the file before has left loaded for their next pipe would be counted as tensors of this one.
beforeAll(() => releaseModels());
