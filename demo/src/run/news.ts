import type {
  Activations,
  Crossings,
  Engine,
  FrameResult,
  GateEvent,
  LedgerCounts,
  Pixels,
  Segment,
  Task,
  TimingReport,
  WarmUp,
} from 'sluice';

/** Events of a run, in the order in which they happen. */
export type News =
  /** A new run begins; all earlier news is of another run. */
  | { readonly type: 'begin' }
  | { readonly type: 'engine'; readonly engine: Engine }
  | { readonly type: 'warmUp'; readonly warmUp: WarmUp }
  /** A frame and its result, unchanged. */
  | ({ readonly type: 'frame'; readonly picture: Pixels } & TaskResult)
  /** The same result, steadied so that people can read it. */
  | ({ readonly type: 'result' } & TaskResult)
  /** There is no picture any more that a result could be of. */
  | { readonly type: 'blank' }
  | { readonly type: 'segment'; readonly segment: Segment }
  | { readonly type: 'crossings'; readonly crossings: Crossings }
  | { readonly type: 'timing'; readonly report: TimingReport }
  | { readonly type: 'counts'; readonly counts: LedgerCounts }
  | { readonly type: 'event'; readonly event: GateEvent }
  | { readonly type: 'activations'; readonly activations: Activations }
  | { readonly type: 'warning'; readonly message: string };

export type NewsOf<T extends News['type']> = Extract<News, { readonly type: T }>;

/** A result, and the task that can say what it means. */
export interface TaskResult {
  readonly result: FrameResult<object>;
  readonly task: Task;
}
