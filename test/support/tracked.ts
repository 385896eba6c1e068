import type { DetectedBox, Detection, FrameResult } from 'sluice';

/** A box of a track whose lower edge has its middle at (x, y). */
export function standing(trackId: number, x: number, y: number, more: Partial<DetectedBox> = {}): DetectedBox {
  const size = { width: 20, height: 40, ...more };
  const place = { x: x - size.width / 2, y: y - size.height };
  return { ...place, score: 0.9, label: 'person', index: 0, trackId, ...size };
}

/** A result of {@link standing} boxes at a time in ms. */
export function seenAt(ms: number, boxes: readonly DetectedBox[], source = 'door.mp4'): FrameResult<Detection> {
  const picture = { width: 640, height: 360 };
  return { source, seq: ms / 40, timestamp: ms * 1000, boxes, picture, timings: [], latencyMs: 1 };
}
