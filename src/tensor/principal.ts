/** The direction along which a table's rows differ most. */

const maximumRounds = 2000;

/**
 * The rows of `x`, [rows, columns], projected on the first right singular vector of x minus its column means: [rows].
 * The sign is arbitrary in theory; here rows with large sums come out positive. Zeros where all rows are equal.
 * By power iteration on XᵀX from a fixed start, until the direction stands still to 1e-9.
 */
export function firstComponent(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const centred = new Float64Array(rows * columns), sums = new Float64Array(rows);
  for (let column = 0; column < columns; column++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += x[row * columns + column]! / rows;
    for (let row = 0; row < rows; row++) sums[row]! += centred[row * columns + column] = x[row * columns + column]! - mean;
  }
  let direction = widestRow(centred, rows, columns);
  let projection = new Float64Array(rows);
  for (let round = 0; round < maximumRounds; round++) {
    projection = times(centred, direction, rows, columns);
    const next = normalised(transposedTimes(centred, projection, rows, columns));
    if (!next) return new Float64Array(rows);
    let moved = 0;
    for (let i = 0; i < columns; i++) moved = Math.max(moved, Math.abs(next[i]! - direction[i]!));
    direction = next;
    if (moved < 1e-9) break;
  }
  projection = times(centred, direction, rows, columns);
  let agreement = 0;
  for (let row = 0; row < rows; row++) agreement += projection[row]! * sums[row]!;
  if (agreement < 0) for (let row = 0; row < rows; row++) projection[row] = -projection[row]!;
  return projection;
}

/** A start that has a part along the component unless all rows are equal: the row farthest from the mean. */
function widestRow(x: Float64Array, rows: number, columns: number): Float64Array {
  let best = 0, most = -1;
  for (let row = 0; row < rows; row++) {
    let length = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) length += x[at]! * x[at]!;
    if (length > most) { most = length; best = row; }
  }
  return normalised(x.slice(best * columns, (best + 1) * columns)) ?? new Float64Array(columns);
}

function times(x: Float64Array, v: Float64Array, rows: number, columns: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++, at++) sum += x[at]! * v[column]!;
    out[row] = sum;
  }
  return out;
}

function transposedTimes(x: Float64Array, v: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row++) {
    const factor = v[row]!;
    for (let column = 0; column < columns; column++, at++) out[column]! += factor * x[at]!;
  }
  return out;
}

function normalised(v: Float64Array): Float64Array | undefined {
  let length = 0;
  for (const value of v) length += value * value;
  if (!(length > 0)) return undefined;
  const factor = 1 / Math.sqrt(length);
  return v.map((value) => value * factor);
}
