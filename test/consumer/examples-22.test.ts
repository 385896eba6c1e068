import { testExamples } from './test-examples.ts';

// Between the oldest and the newest, which run all: threads, worker processes and ffmpeg.
testExamples(22, ['README.md', 'docs/batch.md', 'docs/sources.md']);
