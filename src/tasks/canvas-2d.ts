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
  /** Goes to a place without a line. */
  moveTo(x: number, y: number): void;
  /** Goes to a place along a line. */
  lineTo(x: number, y: number): void;
  /** A part of a circle; angles in radians. */
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  /** Draws the lines of the shape. */
  stroke(): void;
  /** Fills the shape. */
  fill(): void;
}
