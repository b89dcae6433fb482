/** A window on the last two axes of a stored tensor. */
import type { TensorDetails } from '../../protocol/details';
import { LensError } from '../../protocol/rpc';
import type { Tensor } from '../../tensor/tensor';
import { isReal, realNumbers, type Content } from './content';

/** Largest window: what a screen can show. */
export const windowSide = 256;
/** Rows are read together while the stretch they lie in has at most this many elements. */
const oneRead = 2 ** 20;
const longestText = 200;

export interface SliceChoice {
  readonly index?: readonly number[];
  readonly rowStart?: number;
  readonly columnStart?: number;
}

/** @throws LensError 'badInput' for an index or a start outside the tensor. */
export async function readSlice({ dims, dtype, read }: Content, choice: SliceChoice): Promise<TensorDetails['slice']> {
  const rank = dims.length, allRows = rank < 2 ? 1 : dims[rank - 2]!, allColumns = rank < 1 ? 1 : dims[rank - 1]!;
  const leading = dims.slice(0, -2), index = choice.index ?? leading.map(() => 0);
  if (index.length !== leading.length || index.some((at, axis) => !(Number.isInteger(at) && at >= 0 && at < Math.max(1, leading[axis]!)))) {
    throw new LensError('badInput', `index is [${index.join(', ')}], expected ${leading.length} whole numbers below [${leading.join(', ')}]`);
  }
  const rowStart = startIn(choice.rowStart, allRows, 'rowStart'), columnStart = startIn(choice.columnStart, allColumns, 'columnStart');
  const empty = dims.includes(0);
  const rows = empty ? 0 : Math.min(windowSide, allRows - rowStart), columns = empty ? 0 : Math.min(windowSide, allColumns - columnStart);
  const plane = index.reduce((sum, at, axis) => sum * leading[axis]! + at, 0) * allRows * allColumns;
  const pieces: Tensor[] = [];
  const span = (rows - 1) * allColumns + columns;
  const first = plane + rowStart * allColumns + columnStart;
  if (rows > 0 && columns > 0) {
    if (span <= oneRead) pieces.push(await read(first, span));
    else for (let row = 0; row < rows; row++) pieces.push(await read(first + row * allColumns, columns));
  }
  const stride = pieces.length === 1 ? allColumns : 0;
  /** Takes element (row, column) of the pieces, of arrays that hold `parts` items an element. */
  const at = (row: number, column: number, parts = 1): number => (row * stride + column) * parts;
  const pieceOf = (row: number): Tensor => pieces[stride === 0 ? row : 0]!;
  const place = { rows, columns, rowStart, columnStart, index };
  if (isReal(dtype)) {
    const numbers = pieces.map(realNumbers);
    const values = numbers[0] instanceof Float64Array ? new Float64Array(rows * columns) : new Float32Array(rows * columns);
    for (let row = 0, to = 0; row < rows; row++) {
      const from = numbers[stride === 0 ? row : 0]!;
      for (let column = 0; column < columns; column++) values[to++] = from[at(row, column)]!;
    }
    if (!values.some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER) || !/64$/.test(dtype) || dtype === 'float64') return { ...place, values };
    return { ...place, values, strings: texts(rows, columns, (row, column) => String((pieceOf(row).data as BigInt64Array)[at(row, column)])) };
  }
  const strings = texts(rows, columns, (row, column) => {
    const { data } = pieceOf(row);
    if (dtype !== 'complex64' && dtype !== 'complex128') return shortened(String(data[at(row, column)] ?? ''));
    const [re, im] = [Number(data[at(row, column, 2)]), Number(data[at(row, column, 2) + 1])];
    return `${Number(re.toPrecision(7))} ${im < 0 ? '−' : '+'} ${Number(Math.abs(im).toPrecision(7))}i`;
  });
  return { ...place, values: new Float32Array(0), strings };
}

function startIn(start: number | undefined, length: number, name: string): number {
  const at = start ?? 0;
  if (!(Number.isInteger(at) && at >= 0 && (at < length || at === 0))) throw new LensError('badInput', `${name} is ${at}, expected a whole number from 0 to ${Math.max(0, length - 1)}`);
  return at;
}

function texts(rows: number, columns: number, text: (row: number, column: number) => string): string[] {
  return Array.from({ length: rows * columns }, (_, position) => text(Math.floor(position / columns), position % columns));
}

function shortened(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text;
}
