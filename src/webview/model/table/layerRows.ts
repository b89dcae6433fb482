/** The rows of the layer table: their columns, their order and their totals. */
import type { Connections } from '../connections';
import type { Layer } from '../types';
import { compactDims } from '../../common/format';
import { t } from '../../common/strings';

export interface Row {
  /** Key of its node; 'layer:5' for a layer that is not drawn (a model inside the model). */
  readonly key: string;
  /** Position in the table's own order. */
  readonly index: number;
  /** Number of the layer; '' for a node in a branch of If, Loop or Scan, which stands under that layer. */
  readonly number: string;
  readonly layer: Layer;
  readonly input: string;
  readonly output: string;
  /** A model inside the model, whose layers are rows too. */
  readonly container: boolean;
  /** Of a node in a branch: the nodes that hold it, from the outside in, as 'If_0 › then_branch', and their keys. */
  readonly place: string;
  readonly holders: readonly string[];
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

/** The layers, and under those that hold graphs the nodes of these. */
export function rowsOf(layers: readonly Layer[], connections: Connections): Row[] {
  const nodeOfLayer = new Map<number, number>(), held = new Map<number, number[]>();
  connections.nodes.forEach(({ kind, layer }, position) => {
    const holder = connections.holders[position];
    if (holder === undefined && layer !== null) nodeOfLayer.set(layer, position);
    if (holder === undefined || kind !== 'op') return;
    const others = held.get(holder.node);
    if (others) others.push(position);
    else held.set(holder.node, [position]);
  });
  const rows: Row[] = [];
  const add = (key: string, number: string, layer: Layer, place: string, holders: readonly string[]): void => void rows.push({
    key, index: rows.length, number, layer, input: layer.inputDims.map(compactDims).join(', '), output: layer.outputDims.map(compactDims).join(', '),
    container: holders.length === 0 && containerTypes.has(layer.type) && layers.some(({ name }) => name.startsWith(`${layer.name}/`)), place, holders,
  });
  const addHeld = (node: number, place: string, holders: readonly string[]): void => {
    const { key, name, opType } = connections.nodes[node]!;
    for (const position of held.get(node) ?? []) {
      const branch = [place, name || opType, connections.holders[position]!.branch].filter(Boolean).join(' › ');
      add(connections.nodes[position]!.key, '', innerLayer(connections, position), branch, [...holders, key]);
      addHeld(position, branch, [...holders, key]);
    }
  };
  layers.forEach((layer, index) => {
    const node = nodeOfLayer.get(index);
    add(node === undefined ? `layer:${index}` : connections.nodes[node]!.key, String(index + 1), layer, '', []);
    if (node !== undefined) addHeld(node, '', []);
  });
  return rows;
}

function innerLayer(connections: Connections, position: number): Layer {
  const { name, opType, outputDims, parameters, macs, activationBytes } = connections.nodes[position]!;
  const inputDims = [...connections.entering(position)].map((edge) => connections.edges[edge]!.dims);
  return { name: name || opType, type: opType, inputDims, outputDims, parameters, macs, activationBytes };
}

/** A row's number; null where it is not known. */
export function measure({ layer }: Row, id: MeasureId): number | null {
  return id === 'parameters' ? layer.parameters : id === 'macs' ? layer.macs : layer.activationBytes ?? null;
}

/** The sum of what is known, and of how many layers it is not. */
export interface Total { readonly sum: number; readonly unknown: number }
export type Totals = Readonly<Record<MeasureId, Total>>;

/** Totals of rows, nothing twice: a model inside the model counts by its layers, a node in a branch by its holder, where these are rows too. */
export function totalsOf(rows: readonly Row[]): Totals {
  const keys = new Set(rows.map(({ key }) => key));
  const counted = rows.filter((row) => (row.container ? !rows.some(({ layer }) => layer.name.startsWith(`${row.layer.name}/`)) : !row.holders.some((key) => keys.has(key))));
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
