/** Names, dims and numbers as words of a hover, a lens or a completion. */
import { oneLine } from '../../protocol/rpc';

type Dims = readonly (number | string | null)[];

/**
 * A text from a file as Markdown that shows just this text: every punctuation mark escaped, control characters left out,
 * on one line.
 */
export function plain(text: string, maximum = 200): string {
  return oneLine(text, maximum).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/[!"#$%'()*+,\-./:=>?@[\\\]^_`{|}~]/g, (mark) => `\\${mark}`);
}

/** '1 × 3 × 224 × 224', '?' for what is unknown; `scalar` stands for no dims at all. */
export function dimsText(dims: Dims | null, scalar: string): string {
  if (dims === null) return '?';
  return dims.length ? dims.map((dim) => dim ?? '?').join(' × ') : scalar;
}

const magnitudes = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const;

/** Two or three digits with a unit prefix: '1.2 M', '25.6 M', '448'. */
export function countText(count: number): string {
  for (const [size, prefix] of magnitudes) if (count >= size * 0.9995) return `${digits(count / size)}\u00a0${prefix}`;
  return String(count);
}

export function bytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes, unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${unit === 0 ? value : digits(value)}\u00a0${units[unit]}`;
}

function digits(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '');
}
