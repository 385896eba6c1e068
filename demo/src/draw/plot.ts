import uPlot from 'uplot';
// eslint-disable-next-line import/no-unassigned-import -- Vite makes a stylesheet of it
import 'uplot/dist/uPlot.min.css';

/** A line of a chart. `colour` is the name of a CSS custom property of the page. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly filled?: boolean;
}

/** The distances between two marks of an axis: 1, 2 and 5, and these times 10, 100 … */
const WHOLE = [1, 10, 100, 1000, 10_000, 100_000].flatMap((power) => [power, 2 * power, 5 * power]);

interface Options {
  readonly width: number;
  readonly height: number;
  readonly unit: 'seconds' | 'rounds';
  readonly lines: readonly Line[];
  readonly marks: () => readonly number[];
}

/** Makes a chart in the page's current colours. */
export function makePlot(element: HTMLElement, { width, height, unit, lines, marks }: Options): uPlot {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  const isTime = unit === 'seconds';
  const options: uPlot.Options = {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 24,
        ...(isTime ? {} : { incrs: WHOLE }),
        values: (_plot, splits) => splits.map((at) => (isTime ? `${at} s` : `${at}`)),
      },
      // Whole numbers only over time: also before the first value comes, when the axis goes from 0 to 1.
      { ...axis, size: 40, ...(isTime ? { incrs: WHOLE } : {}), values: (_plot, splits) => splits.map(String) },
    ],
    series: [
      {},
      ...lines.map(({ name, colour: own, filled }): uPlot.Series => {
        const stroke = colour(own);
        return {
          label: name,
          stroke,
          width: 2,
          points: { show: false },
          spanGaps: true,
          ...(filled ? { fill: `color-mix(in srgb, ${stroke} 25%, transparent)` } : {}),
        };
      }),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks(), colour('--text'))] },
  };
  return new uPlot(options, [[], ...lines.map(() => [])], element);
}

/** Draws a vertical line at each time at which the user changed a setting. */
function drawMarks(plot: uPlot, marks: readonly number[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
