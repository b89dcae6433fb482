import path from 'node:path';
import { keepTable } from '../../engine/jobs/keepTable';
import { explainTable, listTableMethods, openTable } from '../../engine/jobs/table';
import { makeOutputFolder } from '../../engine/keep/outputFolder';
import { saveTable } from '../../engine/table/saveTable';
import type { ExplainTableParams, ExplainTableProgress, ExplainTableResult, TableSource } from '../../protocol/table';
import { LensError } from '../../protocol/rpc';
import { choice, devices, flag, integer, parameters, parse, preprocessing, spaces, text, texts, UsageError, type Parsed } from '../arguments';
import type { CommandContext } from '../start';
import { asksForQuality, qualityOptions, runQuality } from './tableQuality';
import { runReport } from './tableReport';
import { describeColumns, describeFinding, describeMethods, sayReading, sayScalings } from '../tableText';
import { clean, clearLine, note, percent, print, printJson, status } from '../terminal';

const options = {
  data: { type: 'string' }, method: { type: 'string' }, feature: { type: 'string', multiple: true }, label: { type: 'string' }, row: { type: 'string' }, target: { type: 'string' }, space: { type: 'string' },
  output: { type: 'string' }, preset: { type: 'string' }, set: { type: 'string', multiple: true }, seed: { type: 'string' }, 'max-rows': { type: 'string' }, preprocessing: { type: 'string' },
  ...qualityOptions, delimiter: { type: 'string' }, header: { type: 'string' }, decimal: { type: 'string' }, encoding: { type: 'string' }, device: { type: 'string' }, out: { type: 'string' }, report: { type: 'string' },
} as const;

/** model-lens table MODEL --data X.csv --method ID */
export async function runTable(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('table', argv, options, { least: 0, most: 1, names: 'MODEL' }), [model] = parsed.positionals, methods = listTableMethods(), method = text(parsed, 'method'), data = text(parsed, 'data');
  if (method !== undefined && !methods.some(({ id }) => id === method)) throw new UsageError(`--method '${clean(method)}' is no method for tables; they are ${methods.map(({ id }) => id).join(', ')}`, 'table');
  if (model === undefined || data === undefined) {
    if (method !== undefined || model !== undefined || data !== undefined) throw new UsageError(model === undefined ? 'MODEL is missing' : '--data is missing: a CSV, TSV, Parquet or Arrow file', 'table');
    if (flag(parsed, 'json')) printJson(methods);
    else print(describeMethods(methods));
    return;
  }
  const source: TableSource = {
    model, file: data, device: choice(parsed, 'table', 'device', devices) ?? 'auto', label: text(parsed, 'label'), output: text(parsed, 'output'), reading: reading(parsed),
    maxRows: integer(parsed, 'table', 'max-rows', 1, 10_000_000), seed: integer(parsed, 'table', 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 0, preprocessing: preprocessing(text(parsed, 'preprocessing'), 'table'),
  };
  const report = text(parsed, 'report'), row = integer(parsed, 'table', 'row', 0, Number.MAX_SAFE_INTEGER), target = text(parsed, 'target'), space = choice(parsed, 'table', 'space', spaces);
  if (report !== undefined && method === undefined) return runReport({ source, row, target, space, group: text(parsed, 'group'), to: report, json: flag(parsed, 'json') }, { engine, signal }, sayTableProgress);
  if (asksForQuality(parsed)) return runQuality(parsed, source, { engine, signal });
  if (method === undefined) return show(source, flag(parsed, 'json'), { engine, signal });
  const params: ExplainTableParams = {
    ...source, method, preset: text(parsed, 'preset'), parameters: parameters(texts(parsed, 'set'), 'table'), features: texts(parsed, 'feature'), row, target, space,
  };
  const out = text(parsed, 'out');
  if (out !== undefined) await makeOutputFolder(out);
  const result = await explainTable(engine, params, { signal, progress: (value) => sayTableProgress(method, value) });
  clearLine();
  for (const warning of result.record.warnings) note(`note: ${warning}`);
  const files = [...(out === undefined ? [] : await saveTable(out, result)), ...(report === undefined ? [] : (await keepTable({ results: [result], to: report })).files)];
  if (flag(parsed, 'json')) printJson(result);
  else print(describeTable(result, files));
}

/** What the table holds, where its columns go, and what can be asked. */
async function show(source: TableSource, json: boolean, { engine, signal }: CommandContext): Promise<void> {
  const result = await openTable(engine, source, { signal, progress: ({ rows }) => status(`${rows} rows read`) });
  clearLine();
  for (const line of [...result.notes, ...result.warnings.map((warning) => `note: ${warning}`)]) note(line);
  if (json) printJson(result);
  else print([`${clean(result.name)}: ${result.total} rows, ${result.columns.length} columns`, '', describeColumns(result), ...(result.reading ? ['', ...sayReading(result.reading), ...sayScalings(result), '', describeMethods(result.methods)] : [])].join('\n'));
  if (result.problem) throw new LensError(result.problem.code, result.problem.message, result.problem.remedy);
}

function reading(parsed: Parsed): TableSource['reading'] {
  const delimiter = text(parsed, 'delimiter'), header = choice(parsed, 'table', 'header', ['yes', 'no']), decimal = choice(parsed, 'table', 'decimal', ['point', 'comma']), encoding = choice(parsed, 'table', 'encoding', ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']);
  const sign = delimiter === undefined ? undefined : { tab: '\t', '\\t': '\t', semicolon: ';', comma: ',', bar: '|', blank: ' ' }[delimiter] ?? delimiter;
  if (sign !== undefined && (sign.length !== 1 || /["'\r\n]/.test(sign))) throw new UsageError(`--delimiter takes one character, or tab, comma, semicolon, bar, blank, not '${delimiter}'`, 'table');
  return { ...(sign !== undefined && { delimiter: sign }), ...(header && { header: header === 'yes' }), ...(decimal && { decimalComma: decimal === 'comma' }), ...(encoding && { encoding }) };
}

/** How a run is getting on, on stderr. */
export function sayTableProgress(method: string, value: ExplainTableProgress): void {
  switch (value.type) {
    case 'reading': status(`${value.rows} rows read`); break;
    case 'prepared': [...value.notes, ...sayReading(value.reading)].forEach((line) => note(line)); break;
    case 'partial': status(`${method}: ${value.done} of ${value.total}${value.standardError === undefined || !Number.isFinite(value.standardError) ? '' : `, standard error ${percent(value.standardError)}`}`);
  }
}

/** What was found, in words and numbers. */
export function describeTable(result: ExplainTableResult, files: readonly string[]): string {
  const { record } = result, { target, row, reading: { task } } = record;
  const about = task === 'classification' ? `${target.space} of '${clean(target.name)}'` : `'${clean(target.name)}'`;
  return [
    `${record.method} (preset ${record.preset}) of ${about}, ${row ? `row ${row.number}` : `${record.data.rows}${record.data.rows < record.data.total ? ` of ${record.data.total}` : ''} rows`}`,
    '', describeFinding(result), '',
    ...record.checks.map((check) => `${check.ok ? 'ok' : 'caution'}: ${clean(check.message, 600)}`),
    `${Math.round(record.timings.totalMs ?? 0)} ms, ${record.timings.rowsRun ?? 0} rows run on ${record.device.detail}`,
    ...files.map((file) => `wrote ${path.relative('', file) || file}`),
  ].join('\n');
}
