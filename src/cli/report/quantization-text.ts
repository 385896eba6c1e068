import type { QuantizationReport } from '../../quantization/quantize.ts';
import { few } from '../../models/few-names.ts';
import { plainTable } from '../plain-table.ts';

/** The report of a quantization as text. */
export function quantizationText({ layers, others, calibrated, heldOut, agreement }: QuantizationReport): string {
  const table = plainTable({ layer: 'left', 'SNR (dB)': 'right', computes: 'left' });
  for (const { name, snr, float } of layers) {
    table.push([name, Number.isFinite(snr) ? snr.toFixed(1) : '∞', float ? 'floats' : 'integers']);
  }
  const lines = [table.toString(), ''];
  if (others.length > 0) lines.push(`Floats, because ONNX Runtime has no integers for them: ${few(others)}`);
  lines.push(`Calibrated on ${frames(calibrated)}, ${comparedOn(heldOut)}.`);
  if (agreement) {
    const { same, of, largestScoreChange } = agreement;
    const share = ((100 * same) / of).toFixed(1);
    lines.push(
      `The first class is the same on ${same} of ${of} (${share} %); the largest change of a score is ${largestScoreChange.toFixed(3)}.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function comparedOn(heldOut: number): string {
  if (heldOut === 0) return 'compared on the same';
  return `compared on ${heldOut === 1 ? 'one other' : `${heldOut} others`} (every fourth)`;
}

function frames(count: number): string {
  return count === 1 ? 'one frame' : `${count} frames`;
}
