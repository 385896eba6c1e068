import type { Classification, FrameResult } from 'sluice';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The picture with its best classes written into its lower left corner, with bars as long as their scores. */
export function drawAnnotated(
  canvas: OffscreenCanvas,
  picture: OffscreenCanvas,
  { classes }: FrameResult<Classification>,
  { width, height }: Size,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const unit = Math.max(8, height / 30);
  const [best, ...others] = classes.slice(0, 3);
  const lines = [...(best ? [{ ...best, size: 2 * unit }] : []), ...others.map((one) => ({ ...one, size: unit }))];
  const tall = lines.reduce((sum, { size }) => sum + 1.5 * size, unit);
  context.drawImage(picture, 0, 0, width, height);
  const shade = context.createLinearGradient(0, height - 1.6 * tall, 0, height);
  shade.addColorStop(0, 'rgb(0 0 0 / 0)');
  shade.addColorStop(0.5, 'rgb(0 0 0 / 0.6)');
  context.fillStyle = shade;
  context.fillRect(0, height - 1.6 * tall, width, 1.6 * tall);
  let y = height - tall;
  for (const { label, score, size } of lines) {
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.fillStyle = 'white';
    y += 1.5 * size;
    context.fillText(`${label}  ${Math.round(100 * score)} %`, unit, y - 0.4 * size, width - 2 * unit);
    context.fillStyle = '#5ad1e0';
    context.fillRect(unit, y - 0.2 * size, score * 0.4 * width, Math.max(2, size / 8));
  }
}
