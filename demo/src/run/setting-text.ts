/** A stage's setting in words: its name, `kernelSize` → `kernel size`. */
export function settingName(name: string): string {
  return name === 'useBias' ? 'bias' : name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const areNumbers = (list: readonly unknown[]): list is readonly number[] =>
  list.every((item) => typeof item === 'number');

/** So many numbers are shown. */
const MOST = 8;

/** A stage's setting as text: a size as `3 × 3`, a padding by its sides, stages by their operations. Undefined if it is none. */
export function settingText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' || typeof value === 'string') return String(value);
  if (Array.isArray(value)) return listText(value);
  if (typeof value !== 'object') return undefined;
  if ('op' in value) return String(value.op);
  return `${Object.keys(value).length} operations`;
}

function listText(list: readonly unknown[]): string {
  if (areNumbers(list)) return list.length > MOST ? `${list.length} values` : list.join(' × ');
  const [rows, columns] = list;
  if (list.length === 2 && Array.isArray(rows) && Array.isArray(columns)) {
    return `top ${rows[0]}, bottom ${rows[1]}, left ${columns[0]}, right ${columns[1]}`;
  }
  return list.map(settingText).join(', ');
}
