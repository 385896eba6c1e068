/** What tasks use of a canvas's 2D context: the same in browsers and in `@napi-rs/canvas`. */
export interface Canvas2d {
  fillStyle: unknown;
  font: string;
  textBaseline: 'top' | 'hanging' | 'middle' | 'alphabetic' | 'ideographic' | 'bottom';
  /** Fills a rectangle; pixels. */
  fillRect(x: number, y: number, width: number, height: number): void;
  /** Writes text at a position; pixels. */
  fillText(text: string, x: number, y: number, maxWidth?: number): void;
}
