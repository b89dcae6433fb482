/** A model and a table: what goes where, and what methods over whole tables find. */
import type { Table } from '../../data/tables/readTable';
import { resolveParameters } from '../../methods/parameters';
import { tableMethodById, tableMethods } from '../../methods/table/registry';
import type { TableContext, TableMethod, TableResult } from '../../methods/table/tableMethod';
import { LensError, throwIfAborted, toWireError, type JobContext } from '../../protocol/rpc';
import type { ExplainTableParams, ExplainTableProgress, ExplainTableResult, OpenTableResult, TableColumnInfo, TableMethodInfo, TableRecord, TableRequests, TableSource } from '../../protocol/table';
import { findClass } from '../classes';
import { sha256 } from '../digest';
import type { Engine } from '../engine';
import { loadOrt } from '../ort';
import { Stopwatch, Warnings } from '../prepare';
import { nearest } from '../similarNames';
import { draftOf, wordInputs } from '../table/draft';
import { findingDigest } from '../table/finding';
import { best, fitTable, readSource, tableModel, usualMaxRows, type OpenedTable } from '../table/openedTable';
import { otherScalings, spreadOf } from '../table/scalings';
import type { EngineTableModel } from '../table/tableModel';
import { modelLensVersion } from '../version';

const previewRows = 100, shownCategories = 100, partialMs = 150;

/**
 * Reads a table and finds out how its columns feed the model. Columns that do not fit are no error: the answer tells
 * what the table holds and what the problem is, so that somebody can say what is meant.
 */
export async function openTable(engine: Engine, source: TableSource, { signal, progress }: JobContext<TableRequests['openTable']['progress']>): Promise<OpenTableResult> {
  const warnings = new Warnings(), table = await readSource(engine, source, signal, (rows) => progress({ type: 'reading', rows }));
  const { name, total, count, notes, dialect: { delimiter, decimalComma, header }, encoding, rows, columns } = table, shown = Math.min(previewRows, count);
  const base = {
    name, total, count, notes, dialect: { delimiter, decimalComma, header, encoding },
    preview: { rows: Array.from(rows.subarray(0, shown)), cells: Array.from({ length: shown }, (_, row) => columns.map(({ cells }) => cells[row]!)) },
  };
  try {
    const opened = await fitTable(engine, source, table, { signal, warn: (message) => warnings.add(message) });
    const { mapping, reading, placement, model } = opened, methods = methodsFor(opened, await tableModel(opened, reading.target, 'probability', signal));
    const scalings = await otherScalings(opened, signal);
    return { ...base, columns: columnInfos(table, mapping), reading, words: wordInputs(opened.row), ...(scalings && { scalings }), methods, device: placement.report, runtime: model.runtime, warnings: warnings.list() };
  } catch (error) {
    const problem = toWireError(error);
    if (signal.aborted || problem.code === 'cancelled' || problem.code === 'notFound') throw error;
    const draft = await draftOf(engine, source, table);
    return { ...base, columns: columnInfos(table), problem, ...draft, methods: tableMethods.map((method) => methodInfo(method, { applies: false, reason: problem.message })), device: await engine.devices.resolve(source.device, signal), warnings: warnings.list() };
  }
}

function columnInfos({ columns }: Table, mapping?: OpenedTable['mapping']): TableColumnInfo[] {
  const used = new Set(mapping?.features.flatMap((feature) => feature.columns));
  return columns.map(({ name, type, missing, unreadable, distinct, minimum, maximum, categories, numeric, numbers }, place) => ({
    name, type, missing: missing + unreadable, distinct, role: place === mapping?.label ? 'label' : used.has(place) ? 'feature' : 'unused',
    ...(minimum !== undefined && { minimum, maximum }), ...(numeric && spread(numbers)), ...(categories && { categories: categories.slice(0, shownCategories) }),
  }));

  function spread(values: Float64Array): Pick<TableColumnInfo, 'mean' | 'deviation'> {
    const { mean, deviation } = spreadOf(values);
    return Number.isNaN(mean) ? {} : { mean, deviation };
  }
}

function methodInfo({ id, title, question, source, scope, needs, parameters, presets }: TableMethod, { applies, reason }: Pick<TableMethodInfo, 'applies' | 'reason'>): TableMethodInfo {
  return { id, title, question, source, scope, needs, parameters, presets, applies, ...(reason !== undefined && { reason }) };
}

/** What applies where the features and the row are chosen as a method needs them. */
function methodsFor({ data, labels }: OpenedTable, model: EngineTableModel): TableMethodInfo[] {
  const width = model.features.length, row = data.values.slice(0, width);
  return tableMethods.map((method) => {
    if (method.needs.includes('labels') && !labels) return methodInfo(method, { applies: false, reason: 'It needs labels: a column that tells what each row really is.' });
    if (method.needs.includes('gradient') && !model.gradients) return methodInfo(method, { applies: false, reason: 'The model has no gradient to its features.' });
    const features = method.needs.includes('twoFeatures') ? (width > 1 ? [0, 1] : [0]) : method.needs.includes('oneFeature') ? [0] : [];
    return methodInfo(method, method.applies({ model, data, features, parameters: resolveParameters(method).parameters, seed: 0, row, ...(labels && { labels }) }));
  });
}

/** Lists the methods without a model. */
export function listTableMethods(): TableMethodInfo[] {
  return tableMethods.map((method) => methodInfo(method, { applies: true }));
}

/** Explains a model through a whole table, or a row of it. Says how the table is read, then streams what is found. */
export async function explainTable(engine: Engine, params: ExplainTableParams, { signal, progress }: JobContext<ExplainTableProgress>): Promise<ExplainTableResult> {
  const warnings = new Warnings(), watch = new Stopwatch(), method = findMethod(params.method);
  const { preset, parameters } = resolveParameters(method, params.parameters, params.preset), seed = params.seed ?? 0;
  const table = await readSource(engine, params, signal, (rows) => progress({ type: 'reading', rows }), params.row === undefined ? [] : [params.row]);
  watch.mark('readMs');
  const opened = await fitTable(engine, params, table, { signal, warn: (message) => warnings.add(message), timings: watch.timings }), { data, labels, meaning, mapping } = opened;
  const row = params.values ? { values: typedRow(params.values, mapping.features.length) } : params.row === undefined ? undefined : rowOfTable(opened, params.row), target = await chooseTarget(opened, params, row?.values, signal);
  const space = params.space ?? 'probability', model = await tableModel(opened, target, space, signal), features = (params.features ?? []).map((wanted) => findFeature(model, wanted));
  warnOfMissing(opened, warnings);
  watch.mark('prepareMs');
  progress({ type: 'prepared', reading: opened.reading, target, device: opened.placement.report, notes: table.notes });
  const context: TableContext = { model, data, features, parameters, seed, signal, ...(labels && { labels }), ...(row && { row: row.values }) };
  checkNeeds(method, context);
  const { finding, checks, chosen = {} } = await run(method, context, progress);
  watch.mark('methodMs');
  const record: TableRecord = {
    modelLens: modelLensVersion, kind: 'table', method: method.id, preset, parameters, chosen, seed,
    model: { file: opened.opened.file.file, format: opened.opened.file.format, sha256: await sha256(opened.opened.file.file, signal) },
    data: { file: table.file, sha256: await sha256(table.file, signal), total: table.total, rows: table.count, maxRows: params.maxRows ?? usualMaxRows, notes: table.notes },
    reading: opened.reading, asked: stated(params), features: features.map((feature) => model.features[feature]!.name),
    ...(mapping.label !== undefined && { label: table.columns[mapping.label]!.name }),
    ...(row && { row: { number: params.row ?? -1, ...(params.values && { edited: true as const }), values: Array.from(row.values, (value) => (Number.isNaN(value) ? null : value)), prediction: Array.from(await model.predict({ count: 1, values: row.values })) } }),
    target: { index: target, name: meaning.outputs[target]!, space }, checks, numbers: findingDigest(finding), device: opened.placement.report, runtime: opened.model.runtime,
    timings: { ...watch.rounded(), totalMs: Math.round(watch.total()), rowsRun: model.rowsRun },
    versions: { 'model-lens': modelLensVersion, 'onnxruntime-node': (await loadOrt()).env.versions.node ?? 'unknown', node: process.versions.node },
    warnings: warnings.list(),
  };
  // A finding names rows by their places among those that were read; people know them by their numbers in the file.
  const numbers = 'places' in finding ? Array.from(finding.places, (place) => (place < 0 ? params.row ?? -1 : table.rows[place]!)) : undefined;
  return { finding, record, ...(numbers && { numbers }) };
}

/** What was said of how table and model are read. */
function stated({ label, output, preprocessing, reading }: TableSource): NonNullable<TableRecord['asked']> {
  return { ...(label !== undefined && { label }), ...(output !== undefined && { output }), ...(preprocessing && { preprocessing }), ...(reading && { reading }) };
}

function findMethod(id: string): TableMethod {
  try {
    return tableMethodById(id);
  } catch (error) {
    throw new LensError('badInput', error instanceof Error ? error.message : String(error));
  }
}

function rowOfTable({ table, data, mapping }: OpenedTable, number: number): { values: Float64Array } {
  const place = table.rows.indexOf(number), width = mapping.features.length;
  if (place < 0) throw new LensError('badInput', number < table.total ? `${table.name}: row ${number} has another number of columns than the others` : `${table.name}: row ${number} does not exist, it has ${table.total} rows (counted from 0)`);
  return { values: data.values.slice(place * width, (place + 1) * width) };
}

/** @throws LensError for a list of another length than the features', or with anything else in it than numbers. */
export function typedRow(values: unknown, width: number, name = 'values'): Float64Array {
  if (!Array.isArray(values) || values.length !== width) throw new LensError('badInput', `${name}: found ${Array.isArray(values) ? `${values.length} values` : typeof values}, expected ${width}, one for each feature`);
  return Float64Array.from(values, (value: unknown, feature) => {
    if (value !== null && typeof value !== 'number') throw new LensError('badInput', `${name}[${feature}]: found ${typeof value}, expected a number or null`);
    return value ?? NaN;
  });
}

/** The output asked for; else of a row the class it gets, of a whole table the usual one. */
async function chooseTarget(opened: OpenedTable, { target }: ExplainTableParams, row: Float64Array | undefined, signal: AbortSignal): Promise<number> {
  const { meaning: { outputs, port, task }, reading } = opened;
  if (target !== undefined) return findClass({ labels: outputs, port }, outputs.length, target);
  if (!row || task === 'regression') return reading.target;
  return best(await (await tableModel(opened, reading.target, 'probability', signal)).predict({ count: 1, values: row }), 0, outputs.length);
}

function findFeature({ features }: EngineTableModel, wanted: string | number): number {
  const names = features.map(({ name }) => name);
  const key = String(wanted).trim().toLowerCase(), own = names.indexOf(String(wanted)), exact = own >= 0 ? own : names.findIndex((name) => name.trim().toLowerCase() === key);
  const found = exact >= 0 ? exact : /^\d+$/.test(key) ? Number(key) : -1;
  if (found >= 0 && found < features.length) return found;
  const near = nearest(String(wanted), names, 3);
  throw new LensError('badInput', `there is no feature '${wanted}'; ${near.length ? `there is '${near.join("', '")}'` : `features are ${names.slice(0, 12).map((name) => `'${name}'`).join(', ')}${names.length > 12 ? ', …' : ''}`}`);
}

function warnOfMissing({ data: { count, values }, mapping: { features } }: OpenedTable, warnings: Warnings): void {
  let rows = 0;
  for (let row = 0; row < count; row++) if (values.subarray(row * features.length, (row + 1) * features.length).some(Number.isNaN)) rows++;
  if (rows) warnings.add(`${rows} of ${count} rows lack a value: a number that is missing is fed as NaN, a category as none.`);
}

/** @throws LensError in the method's own words. */
function checkNeeds(method: TableMethod, context: TableContext): void {
  const { needs } = method, fail = (reason: string, remedy?: string): never => { throw new LensError('unsupported', `${method.id} does not apply here: ${reason}`, remedy); };
  if (needs.includes('row') && !context.row) fail('it is about one row, and none was given', 'choose a row, the first below the header is 0');
  if (needs.includes('labels') && !context.labels) fail('it needs a column that tells what each row really is, and none was found', 'name the label column');
  if (needs.includes('gradient') && !context.model.gradients) fail('the model has no gradient to its features');
  if (needs.includes('twoFeatures') && context.features.length !== 2) fail(`it needs two features, and ${context.features.length} were given`, 'name two features');
  const { applies, reason = 'it does not fit this table' } = method.applies(context);
  if (!applies) fail(reason);
}

/** Runs the method, and sends what it has found no faster than it can be looked at. */
async function run(method: TableMethod, context: TableContext, progress: (value: ExplainTableProgress) => void): Promise<TableResult> {
  const steps = method.explain(context);
  for (let last = -Infinity; ;) {
    const step = await steps.next();
    throwIfAborted(context.signal);
    if (step.done) return step.value;
    const now = performance.now(), { done, total, partial, standardError } = step.value;
    if (now - last < partialMs) continue;
    last = now;
    progress({ type: 'partial', done, total, ...(partial && { finding: partial }), ...(standardError !== undefined && { standardError }) });
  }
}
