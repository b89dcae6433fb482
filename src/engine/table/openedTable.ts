/** A model and a table, ready to be asked about each other. */
import { resolvePreprocessing } from '../../data/preprocessing';
import type { Resolved, ResolvedInput } from '../../data/spec';
import { isLabelName, labelCandidates } from '../../data/tables/label';
import { numbersOf } from '../../data/tables/encode';
import type { Table } from '../../data/tables/readTable';
import { readInitializer } from '../../formats/readTensor';
import type { ModelFile } from '../../graph/graph';
import type { Rows } from '../../methods/table/tableMethod';
import { LensError, throwIfAborted } from '../../protocol/rpc';
import type { TableFit, TableReading, TableSource } from '../../protocol/table';
import type { Engine } from '../engine';
import type { Placement } from '../devices/placement';
import type { LoadedModel } from '../loadedModel';
import { loadModel } from '../loadModel';
import type { OpenedModel } from '../models';
import { placeModel } from '../placeModel';
import { mapTable, type Mapping } from './mapping';
import { mappingInfo } from './mappingWords';
import { labelsOf, meaningOf, type Meaning } from './meaning';
import { rowsOf } from './rows';
import { modelRow, type ModelRow } from './slots';
import { EngineTableModel, type Space } from './tableModel';

export interface OpenedTable {
  readonly opened: OpenedModel;
  readonly table: Table;
  readonly mapping: Mapping;
  readonly row: ModelRow;
  readonly meaning: Meaning;
  readonly model: LoadedModel;
  readonly placement: Placement;
  readonly data: Rows;
  readonly labels?: Float64Array;
  readonly reading: TableReading;
}

export interface OpenContext {
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  readonly timings?: Record<string, number>;
}

export const usualMaxRows = 20_000;
/** Rows on which it is seen how well the model does. */
const fitRows = 2000;

/** @param wanted rows that are read in any case, however long the file is. */
export function readSource(engine: Engine, { file, reading, maxRows = usualMaxRows, seed = 0 }: TableSource, signal: AbortSignal, progress: (rows: number) => void, wanted: readonly number[] = []): Promise<Table> {
  return engine.tables.read(file, { ...reading, maxRows, seed, wanted, signal, progress });
}

/** @throws LensError or DataError where the columns do not fit the model, or the model cannot be run on rows. */
export async function fitTable(engine: Engine, source: TableSource, table: Table, { signal, warn, timings }: OpenContext): Promise<OpenedTable> {
  const opened = await engine.models.open(source.model), { runnable } = opened, placement = await placeModel(engine, source.device, opened, { signal, warn });
  for (const warning of opened.file.warnings) warn(warning);
  if (runnable.notRunnable !== undefined && !runnable.graph.inputs.length) throw new LensError('unsupported', runnable.notRunnable);
  const resolved = await resolvePreprocessing(runnable, { types: opened.inference.types, read: readInitializer, ...(source.preprocessing && { tried: source.preprocessing }) });
  for (const warning of resolved.warnings) warn(warning);
  if (!resolved.inputs.length) throw new LensError('unsupported', 'the model has no inputs, so there is nothing to feed');
  const label = source.label ?? resolved.outputs.find(({ column }) => column !== undefined)?.column;
  const row = modelRow(resolved, runnable, (input) => openWidth(input, resolved, runnable, table, label));
  const key = JSON.stringify([opened.identity, placement.key, resolved, label, source.output]), known = fits.get(table)?.key === key ? fits.get(table) : undefined, mapping = known?.mapping ?? mapTable(table, row, label);
  throwIfAborted(signal);
  const sampleDims = Object.fromEntries(resolved.inputs.map((input) => [input.name, dimsOfOne(input, row.widths[input.name]!)]));
  const model = await loadModel(engine, opened, { device: placement, signal, sampleDims, warn, manyRows: true, ...(timings && { timings }) });
  const meaning = meaningOf({ model, resolved, inner: opened.labels, table, ...(mapping.label !== undefined && { label: mapping.label }), ...(source.output !== undefined && { output: source.output }) });
  const data = known?.data ?? rowsOf(table, mapping), labels = known ? known.labels : mapping.label === undefined ? undefined : labelsOf(table, mapping.label, meaning);
  if (mapping.label !== undefined && !labels) warn(`The values of column '${table.columns[mapping.label]!.name}' are none of the model's classes (${meaning.outputs.slice(0, 5).join(', ')}), so nothing can be compared with them.`);
  const parts = { opened, table, mapping, row, meaning, model, placement, data, ...(labels && { labels }) };
  const reading = known?.reading ?? await readingOf(parts, signal);
  fits.set(table, { key, mapping, data, reading, ...(labels && { labels }) });
  return { ...parts, reading };
}

/** What was found out of a table the last time, kept as long as the table is: sliders ask many times a second. */
const fits = new WeakMap<Table, Pick<OpenedTable, 'mapping' | 'data' | 'labels' | 'reading'> & { readonly key: string }>();

/** The model through the table's features, with one of its outputs explained. */
export function tableModel({ model, row, mapping, meaning }: Pick<OpenedTable, 'model' | 'row' | 'mapping' | 'meaning'>, target: number, space: Space, signal: AbortSignal): Promise<EngineTableModel> {
  return EngineTableModel.make({ model, row, features: mapping.features, meaning, target, space, signal });
}

/** One run over the first rows shows whether the model does what the mapping says, and which class is said most. */
async function readingOf(parts: Omit<OpenedTable, 'reading'>, signal: AbortSignal): Promise<TableReading> {
  const { meaning, mapping, table, row, data, labels } = parts, { task, outputs, port } = meaning, width = outputs.length;
  const probe = await tableModel(parts, Math.min(1, width - 1), 'probability', signal);
  const count = Math.min(fitRows, data.count), rows: Rows = { count, values: data.values.subarray(0, count * mapping.features.length) };
  const said = await probe.predict(rows), counts = new Array<number>(width).fill(0);
  if (task === 'classification') for (let at = 0; at < count; at++) counts[best(said, at, width)]!++;
  const target = task === 'regression' || width <= 2 ? Math.min(width - 1, task === 'regression' ? 0 : 1) : counts.indexOf(Math.max(...counts));
  const fit = labels && fitOf(said, labels.subarray(0, count), width, task);
  const assumed = [...mapping.assumed, ...meaning.assumed];
  return { mapping: { ...mappingInfo(table, row, mapping), assumed }, task, output: port.name, outputs, target, differentiable: probe.gradients !== undefined, ...(fit && { fit }) };
}

export function fitOf(said: Float64Array, labels: Float64Array, width: number, task: Meaning['task']): TableFit | undefined {
  const known = Array.from(labels.keys()).filter((row) => !Number.isNaN(labels[row]!) && !Number.isNaN(said[row * width]!));
  if (known.length === 0) return undefined;
  if (task === 'classification') {
    const counts = new Map<number, number>();
    for (const row of known) counts.set(labels[row]!, (counts.get(labels[row]!) ?? 0) + 1);
    return { kind: 'accuracy', value: known.filter((row) => best(said, row, width) === labels[row]).length / known.length, chance: Math.max(...counts.values()) / known.length, rows: known.length };
  }
  if (width !== 1) return undefined;
  const mean = known.reduce((sum, row) => sum + labels[row]!, 0) / known.length;
  let apart = 0, spread = 0;
  for (const row of known) {
    apart += (said[row]! - labels[row]!) ** 2;
    spread += (labels[row]! - mean) ** 2;
  }
  return spread > 0 ? { kind: 'r2', value: 1 - apart / spread, rows: known.length } : undefined;
}

export function best(said: Float64Array, row: number, width: number): number {
  let most = 0;
  for (let k = 1; k < width; k++) if (said[row * width + k]! > said[row * width + most]!) most = k;
  return most;
}

function dimsOfOne({ dims }: ResolvedInput, width: number): number[] {
  if (dims.length <= 1) return dims.length === 0 ? [1, width] : [1];
  const known = dims.slice(1).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
  return [1, ...dims.slice(1).map((dim) => (typeof dim === 'number' ? dim : width / known))];
}

/** Numbers of an input whose width the file leaves open: as stated, or the table's columns but for the label. */
function openWidth(input: ResolvedInput, { inputs }: Resolved, model: ModelFile, { columns, classNames }: Table, label: string | number | undefined): number | undefined {
  if (input.spec.kind === 'table' && input.spec.columns.length) return input.spec.columns.reduce((sum, column) => sum + numbersOf(column), 0);
  if (inputs.length > 1) return 1;
  const least = leastFeatures(model), all = columns.length;
  if (all <= least) return least;
  if (label === '') return all;
  const named = label !== undefined || classNames !== undefined || labelCandidates(columns).some((place) => isLabelName(columns[place]!.name));
  return named || all - 1 === least ? all - 1 : all;
}

/** The highest column that decision trees ask about, counted from 1. */
function leastFeatures({ graph }: ModelFile): number {
  let most = 0;
  for (const { attributes } of graph.nodes) {
    const ids = attributes.get('nodes_featureids');
    if (ids?.kind === 'ints') for (const id of ids.value) most = Math.max(most, Number(id) + 1);
  }
  return most;
}
