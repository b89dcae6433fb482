/** The rows of the layer table: their columns, their order, and what a filter finds in them. */
import type { Layer } from './types';
import { t } from '../common/strings';

export interface Row {
  /** Position in the model. */
  readonly index: number;
  readonly layer: Layer;
  readonly input: string;
  readonly output: string;
  /** Of the model's total, 0…1. */
  readonly parameterShare: number;
  readonly macShare: number;
}

export type ColumnId = 'index' | 'name' | 'type' | 'input' | 'output' | 'parameters' | 'macs';

export interface Column {
  readonly id: ColumnId;
  readonly title: string;
  readonly hint?: string;
  readonly numeric: boolean;
}

export function columns(): readonly Column[] {
  return [
    { id: 'index', title: '#', hint: t('Order in the model'), numeric: false },
    { id: 'name', title: t('Name'), numeric: false },
    { id: 'type', title: t('Type'), numeric: false },
    { id: 'input', title: t('Input'), numeric: false },
    { id: 'output', title: t('Output'), numeric: false },
    { id: 'parameters', title: t('Parameters'), hint: t('Weights this layer reads first'), numeric: true },
    { id: 'macs', title: t('MACs'), hint: t('Multiply-accumulates for one sample'), numeric: true },
  ];
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Ascending order by a column; unknown counts come first. */
export function compareRows(a: Row, b: Row, column: ColumnId): number {
  switch (column) {
    case 'index': return a.index - b.index;
    case 'name': return collator.compare(a.layer.name, b.layer.name);
    case 'type': return collator.compare(a.layer.type, b.layer.type);
    case 'input': return collator.compare(a.input, b.input);
    case 'output': return collator.compare(a.output, b.output);
    case 'parameters': return a.layer.parameters - b.layer.parameters;
    case 'macs': return (a.layer.macs ?? -1) - (b.layer.macs ?? -1);
  }
}

/** Whether every word is somewhere in the row. Dims may be written '3x224', '3×224' or '3,224'. */
export function matches(row: Row, words: readonly string[]): boolean {
  const text = `${row.layer.name}\n${row.layer.type}\n`.toLowerCase();
  const dims = plainDims(`${row.input} ${row.output}`);
  return words.every((word) => text.includes(word) || dims.includes(plainDims(word)));
}

function plainDims(text: string): string {
  return text.toLowerCase().replace(/[\u2009\s]*(?:[×,]|(?<=[\d?])x(?=[\d?]))[\u2009\s]*/g, 'x');
}
