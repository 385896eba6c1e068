import type {
  Activations,
  Classification,
  FrameResult,
  Engine,
  GateEvent,
  LedgerCounts,
  Pixels,
  Segment,
  TimingReport,
  WarmUp,
} from 'sluice';

/** What is told of a run while it goes on. */
export type News =
  /** A new one begins: what was told before is over. */
  | { readonly type: 'begin' }
  | { readonly type: 'engine'; readonly engine: Engine }
  | { readonly type: 'warmUp'; readonly warmUp: WarmUp }
  /** A frame with what it was taken for, as it was found. */
  | { readonly type: 'frame'; readonly picture: Pixels; readonly result: FrameResult<Classification> }
  /** The same, calmed down. */
  | { readonly type: 'result'; readonly result: FrameResult<Classification> }
  | { readonly type: 'segment'; readonly segment: Segment }
  | { readonly type: 'timing'; readonly report: TimingReport }
  | { readonly type: 'counts'; readonly counts: LedgerCounts }
  | { readonly type: 'event'; readonly event: GateEvent }
  | { readonly type: 'activations'; readonly activations: Activations }
  | { readonly type: 'warning'; readonly message: string };

export type NewsOf<T extends News['type']> = Extract<News, { readonly type: T }>;
