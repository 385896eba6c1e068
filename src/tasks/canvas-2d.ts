/** The members of a canvas's 2D context that tasks use. Browsers and `@napi-rs/canvas` both have them. */
export interface Canvas2d {
  fillStyle: unknown;
  font: string;
  textBaseline: 'top' | 'hanging' | 'middle' | 'alphabetic' | 'ideographic' | 'bottom';
  /** Fills a rectangle, in pixels. */
  fillRect(x: number, y: number, width: number, height: number): void;
  /** Writes text at a position, in pixels. */
  fillText(text: string, x: number, y: number, maxWidth?: number): void;
  strokeStyle: unknown;
  lineWidth: number;
  lineCap: 'butt' | 'round' | 'square';
  /** Begins a shape of lines and arcs, in pixels, which `stroke` or `fill` paints. */
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  /** Angles in radians. */
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  stroke(): void;
  fill(): void;
}
