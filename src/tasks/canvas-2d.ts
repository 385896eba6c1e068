/** What tasks use of a canvas's 2D context: the same in browsers and in `@napi-rs/canvas`. */
export interface Canvas2d {
  fillStyle: unknown;
  font: string;
  textBaseline: 'top' | 'hanging' | 'middle' | 'alphabetic' | 'ideographic' | 'bottom';
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number, maxWidth?: number): void;
}
