/** The rows of the layer table: their columns, their order and their totals. */
import type { Layer } from '../types';
import { compactDims } from '../../common/format';
import { t } from '../../common/strings';

export interface Row {
  /** Position in the model. */
  readonly index: number;
  readonly layer: Layer;
  readonly input: string;
  readonly output: string;
  /** A model inside the model, whose own layers are rows too. */
  readonly container: boolean;
}

export type ColumnId = 'index' | 'name' | 'type' | 'input' | 'output' | 'parameters' | 'macs' | 'activation';
/** Columns of numbers that add up. */
export type MeasureId = 'parameters' | 'macs' | 'activation';

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
    { id: 'input', title: t('Input'), hint: t('Dims of what goes in'), numeric: false },
    { id: 'output', title: t('Output'), hint: t('Dims of what comes out'), numeric: false },
    { id: 'parameters', title: t('Parameters'), hint: t('Weights this layer reads first'), numeric: true },
    { id: 'macs', title: t('MACs'), hint: t('Multiply-accumulates for one sample'), numeric: true },
    { id: 'activation', title: t('Activation'), hint: t('Bytes of what the layer makes for one sample'), numeric: true },
  ];
}

const containerTypes = new Set(['Functional', 'Model', 'Sequential']);

export function rowsOf(layers: readonly Layer[]): Row[] {
  return layers.map((layer, index) => ({
    index, layer,
    input: layer.inputDims.map(compactDims).join(', '),
    output: layer.outputDims.map(compactDims).join(', '),
    container: containerTypes.has(layer.type) && layers.some(({ name }) => name.startsWith(`${layer.name}/`)),
  }));
}

/** A row's number; null where it is not known. */
export function measure({ layer }: Row, id: MeasureId): number | null {
  return id === 'parameters' ? layer.parameters : id === 'macs' ? layer.macs : layer.activationBytes ?? null;
}

/** The sum of what is known, and of how many layers it is not. */
export interface Total { readonly sum: number; readonly unknown: number }
export type Totals = Readonly<Record<MeasureId, Total>>;

/** Totals of rows; a model inside the model counts by its layers where these are among them. */
export function totalsOf(rows: readonly Row[]): Totals {
  const counted = rows.filter((row) => !row.container || !rows.some(({ layer }) => layer.name.startsWith(`${row.layer.name}/`)));
  const total = (id: MeasureId): Total => {
    let sum = 0, unknown = 0;
    for (const row of counted) {
      const value = measure(row, id);
      if (value === null) unknown++;
      else sum += value;
    }
    return { sum, unknown };
  };
  return { parameters: total('parameters'), macs: total('macs'), activation: total('activation') };
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Ascending order by a column; unknown numbers come first. */
export function compareRows(a: Row, b: Row, column: ColumnId): number {
  switch (column) {
    case 'index': return a.index - b.index;
    case 'name': return collator.compare(a.layer.name, b.layer.name);
    case 'type': return collator.compare(a.layer.type, b.layer.type);
    case 'input': return collator.compare(a.input, b.input);
    case 'output': return collator.compare(a.output, b.output);
    default: return (measure(a, column) ?? -1) - (measure(b, column) ?? -1);
  }
}
