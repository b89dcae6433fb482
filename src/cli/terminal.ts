/** What people see: results on stdout, progress on stderr. Names come from untrusted files, so they are cleaned. */
import { oneLine } from '../protocol/rpc';
import type { Dims } from '../graph/graph';

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, jsonValue, 2));
}

/** JSON knows no infinities and no typed arrays. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'bigint') return value.toString();
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array);
  return value;
}

/** A name from a file on a terminal: one line, without control characters. */
export function clean(name: string, most = 200): string {
  return oneLine(name, most);
}

/** A line on stderr that stays. */
export function note(text: string): void {
  clearLine();
  process.stderr.write(`${oneLine(text, 1000)}\n`);
}

let shown = '';

/** A line on stderr that the next one replaces; nothing where stderr is no terminal. */
export function status(text: string): void {
  if (!process.stderr.isTTY) return;
  const line = oneLine(text, Math.max(20, (process.stderr.columns ?? 80) - 1));
  process.stderr.write(`\r\u001b[K${line}`);
  shown = line;
}

export function clearLine(): void {
  if (!shown) return;
  process.stderr.write('\r\u001b[K');
  shown = '';
}

/** Columns padded to the widest cell; numbers are right-aligned where the header ends in '>'. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], maximumWidth = 48): string {
  const right = header.map((title) => title.endsWith('>'));
  const cells = [header.map((title) => title.replace(/>$/, '')), ...rows.map((row) => row.map((cell) => clean(cell, maximumWidth)))];
  const widths = header.map((_, column) => cells.reduce((most, row) => Math.max(most, width(row[column] ?? '')), 0));
  return cells.map((row) => row.map((cell, column) => pad(cell, widths[column]!, right[column]!)).join('  ').trimEnd()).join('\n');
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, to: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, to - width(text)));
  return right ? space + text : text + space;
}

export function dimsText(dims: Dims | null | undefined): string {
  return dims ? `[${dims.map((dim) => dim ?? '?').join(', ')}]` : '?';
}

/** 1234567 as '1.23 M'. */
export function short(value: number | null): string {
  if (value === null) return '?';
  for (const [size, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`;
  }
  return String(value);
}

export function bytesText(bytes: number): string {
  for (const [size, unit] of [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} bytes`;
}

export function percent(value: number | null): string {
  return value === null ? '' : `${(100 * value).toFixed(1)} %`;
}
