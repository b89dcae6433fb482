/** Numbers and dims as people read them. */
import { language, t } from './strings';

type Dim = number | string | null;

/** Letters of a symbolic dim that are shown: exporters write formulas, files can hold anything. */
const longestDim = 60;

/** '1 × 3 × 224 × 224'; unknown dims are '?', an unknown rank '–', a scalar 'scalar'. */
export function formatDims(dims: readonly Dim[] | null, separator = '\u2009×\u2009'): string {
  if (dims === null) return '–';
  if (dims.length === 0) return t('scalar');
  return dims.map((dim) => typeof dim === 'string' && dim.length > longestDim ? `${dim.slice(0, longestDim - 1)}…` : dim ?? '?').join(separator);
}

/** The same in a table's little room: '1×3×224×224'. */
export function compactDims(dims: readonly Dim[] | null): string {
  return formatDims(dims, '×');
}

const magnitudes = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const;

/** Three significant digits with a unit prefix: '1.24 M'. Below a thousand as it is. */
export function formatCount(count: number): string {
  for (const [size, prefix] of magnitudes) {
    if (Math.abs(count) >= size * 0.9995) return `${threeDigits(count / size)}\u202f${prefix}`;
  }
  return formatNumber(count);
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes, unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${unit === 0 ? value : threeDigits(value)}\u202f${units[unit]}`;
}

/** All digits, grouped. */
export function formatNumber(value: number): string {
  return value.toLocaleString(language, { maximumFractionDigits: 3 });
}

export function formatPercent(fraction: number): string {
  const percent = fraction * 100;
  return percent > 0 && percent < 0.1 ? '<\u202f0.1\u202f%' : `${percent.toFixed(1)}\u202f%`;
}

export function formatDuration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)}\u202fms` : `${threeDigits(milliseconds / 1000)}\u202fs`;
}

/** A measured value: three significant digits, small and large ones with an exponent. */
export function formatValue(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  return size >= 999.5 ? formatNumber(Math.round(value)) : value.toPrecision(3);
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}
