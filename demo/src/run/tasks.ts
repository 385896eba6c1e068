/** The kinds of tasks that the page has models for. */
export type TaskName = 'classification' | 'detection' | 'segmentation' | 'keypoints' | 'picture';

/** The tasks to choose from, each with what the page calls it. */
export const TASKS: readonly (readonly [name: TaskName, text: string])[] = [
  ['classification', 'Classify'],
  ['detection', 'Detect'],
  ['segmentation', 'Segment'],
  ['keypoints', 'Pose'],
  ['picture', 'Enlarge'],
];

/** What the page calls a task. */
export const textOf = (task: TaskName): string => TASKS.find(([name]) => name === task)?.[1] ?? task;

/** The entry of a task's kind. Values and vectors are with the classes. */
export const taskNamed = (kind: string): TaskName => TASKS.find(([name]) => name === kind)?.[0] ?? 'classification';
