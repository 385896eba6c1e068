/** The script of a report. It draws the throughput, and draws it again if the width or the colours change. */
export const REPORT_SCRIPT = `
(() => {
  const place = document.getElementById('throughput');
  const samples = JSON.parse(document.getElementById('samples').textContent);
  let chart;
  const draw = () => {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    if (chart) chart.destroy();
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
    const number = (value) => (value == null ? '' : value.toLocaleString('en', { maximumFractionDigits: 1 }));
    chart = new uPlot(
      {
        width: place.clientWidth,
        height: 220,
        scales: { x: { time: false }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
        axes: [{ ...axis, values: (_, ticks) => ticks.map((tick) => number(tick) + ' s') }, { ...axis, size: 60 }],
        series: [
          { label: 'after', value: (_, value) => (value == null ? '–' : number(value) + ' s') },
          { label: 'frames/s', stroke: colour('--bar'), width: 2, paths: uPlot.paths.stepped({ align: -1 }), points: { show: false }, value: (_, value) => (value == null ? '–' : number(value)) },
        ],
      },
      samples,
      place,
    );
  };
  draw();
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    chart.setSize({ width, height: 220 });
  }).observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
`;
