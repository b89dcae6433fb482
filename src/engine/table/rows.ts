/** A table's rows as features, and features as what the model is fed with. */
import { isMissing } from '../../data/tables/cells';
import { categoryOf } from '../../data/tables/encode';
import type { Table } from '../../data/tables/readTable';
import type { Rows } from '../../methods/table/tableMethod';
import type { Feeds, PortInfo } from '../../methods/model';
import { tensorFromNumbers } from '../../tensor/convert';
import { isFloat } from '../../tensor/dtype';
import { elementCount, type Tensor } from '../../tensor/tensor';
import type { MappedFeature, Mapping } from './mapping';
import type { ModelRow } from './slots';

/** The features of every row of the table, NaN where a cell is missing or its category is unknown. */
export function rowsOf(table: Table, { features }: Pick<Mapping, 'features'>): Rows {
  const width = features.length, values = new Float64Array(table.count * width);
  features.forEach((mapped, feature) => {
    const column = valuesOf(table, mapped);
    for (let row = 0; row < table.count; row++) values[row * width + feature] = column[row]!;
  });
  return { count: table.count, values };
}

function valuesOf({ columns, count }: Table, { feature, columns: places, also }: MappedFeature): Float64Array {
  const column = columns[places[0]!]!;
  if (feature.kind !== 'category') return column.numbers;
  // One column for each category: the one that holds the 1.
  if (places.length > 1) return Float64Array.from({ length: count }, (_, row) => places.findIndex((place) => columns[place]!.numbers[row] === 1));
  const known = new Map<string, number>(), { categories = [] } = feature;
  return Float64Array.from(column.cells, (cell) => {
    let place = known.get(cell);
    if (place === undefined) {
      place = categoryOf(cell, { categories, ...(also && { also }) });
      if (place < 0) place = column.numeric ? categories.findIndex((category) => !isMissing(cell) && Number(category) === Number(cell)) : NaN;
      if (place < 0) place = NaN;
      known.set(cell, place);
    }
    return place;
  });
}

/** What the model is fed with for these rows. A missing number stays NaN, a missing category is all zeros or no word. */
export function feedsOf({ count, values }: Rows, features: readonly MappedFeature[], row: ModelRow, inputs: readonly PortInfo[]): Feeds {
  const total = row.slots.length, numbers = new Float32Array(count * total), words = row.slots.some(({ word }) => word) ? new Array<string>(count * total).fill('') : undefined;
  const width = features.length;
  features.forEach(({ feature, slots, encoding }, place) => {
    const [slot = 0] = slots, { categories = [] } = feature;
    for (let at = 0; at < count; at++) {
      const value = values[at * width + place]!, base = at * total;
      switch (encoding.kind) {
        case 'number': numbers[base + slot] = (value - encoding.offset) * encoding.factor; break;
        case 'place': numbers[base + slot] = value; break;
        case 'word': words![base + slot] = categories[value] ?? ''; break;
        case 'one-hot': {
          const hot = encoding.slotOf[value];
          if (hot !== undefined) numbers[base + hot] = 1;
        }
      }
    }
  });
  const feeds: Record<string, Tensor> = {};
  let start = 0;
  for (const [name, each] of Object.entries(row.widths)) {
    const port = inputs.find((input) => input.name === name)!, dims = portDims(port, count, each), part = portion(numbers, count, total, start, each);
    feeds[name] = port.dtype === 'string'
      ? { dtype: 'string', dims, data: Array.from({ length: count * each }, (_, at) => words![Math.floor(at / each) * total + start + (at % each)]!) }
      : isFloat(port.dtype) ? { dtype: 'float32', dims, data: part } : tensorFromNumbers(port.dtype, dims, part.map((value) => (Number.isNaN(value) ? 0 : Math.round(value))));
    start += each;
  }
  return feeds;
}

/** [count, width] in as many dims as the input has. */
function portDims({ dims }: PortInfo, count: number, width: number): number[] {
  if (dims.length <= 1) return dims.length === 0 ? [count, width] : [count];
  const inner = dims.slice(1).map((dim) => (typeof dim === 'number' ? dim : 0)), known = elementCount(inner.map((dim) => dim || 1));
  return [count, ...inner.map((dim) => dim || width / known)];
}

function portion(numbers: Float32Array, count: number, total: number, start: number, width: number): Float32Array {
  if (width === total) return numbers;
  const part = new Float32Array(count * width);
  for (let row = 0; row < count; row++) part.set(numbers.subarray(row * total + start, row * total + start + width), row * width);
  return part;
}

/** Gradients with respect to the features, [count, features]; categories have none, theirs are 0. */
export function featureGradients(gradients: Readonly<Record<string, Tensor>>, count: number, features: readonly MappedFeature[], row: ModelRow): Float64Array {
  const out = new Float64Array(count * features.length);
  features.forEach(({ feature, slots, encoding }, place) => {
    if (encoding.kind !== 'number' || feature.kind === 'category') return;
    const { input, at } = row.slots[slots[0]!]!, data = gradients[input]?.data as Float32Array | undefined, width = row.widths[input]!;
    if (data) for (let index = 0; index < count; index++) out[index * features.length + place] = data[index * width + at]! * encoding.factor;
  });
  return out;
}
