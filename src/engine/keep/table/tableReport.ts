/** Everything that was found of a table as one page, for people who have no Model Lens; it can be made again from it. */
import path from 'node:path';
import { tableMethods } from '../../../methods/table/registry';
import { LensError } from '../../../protocol/rpc';
import type { ExplainTableResult, TableReading, TableRecord } from '../../../protocol/table';
import type { TableQuality } from '../../../protocol/tableQuality';
import { escapeMarkup as text } from '../markup';
import { block, percent, reportPage, table } from '../page';
import { chartStyle } from './charts';
import { findingPart } from './findings';
import { qualityPart } from './quality';

/** What stands in a report beside single explanations: their records. */
export interface TableReportRecord { readonly kind: 'tables'; readonly records: readonly TableRecord[] }

/** @throws LensError where nothing was found yet. */
export function tableReport(results: readonly ExplainTableResult[], qualities: readonly TableQuality[] = []): string {
  const [first] = results;
  if (!first) throw new LensError('badInput', 'nothing was found out yet, so there is nothing to report');
  const { record } = first, { reading, data, model } = record, order = (id: string): number => tableMethods.findIndex((method) => method.id === id);
  // What is about the whole table first, in the order people see methods; then what is about rows.
  const sorted = [...results].sort((a, b) => Number(a.record.row !== undefined) - Number(b.record.row !== undefined) || order(a.record.method) - order(b.record.method));
  const rows = sorted.findIndex((result) => result.record.row !== undefined), split = rows < 0 ? sorted.length : rows, kept: TableReportRecord = { kind: 'tables', records: sorted.map((result) => result.record) };
  return reportPage({
    title: `${path.basename(data.file)} seen by ${path.basename(model.file)}`, heading: `What decides in ${path.basename(data.file)}?`, version: record.modelLens, style: `${chartStyle}h3 { font-size: .95rem; margin: 1rem 0 .3rem; } pre { overflow-x: auto; font-size: .85rem; } p.keys { margin: .4rem 0; }`,
    lines: [
      `${path.basename(model.file)} through ${data.rows < data.total ? `${data.rows} of ${data.total}` : data.total} rows and ${reading.mapping.features.length} features. ${fitWords(reading)}`,
      `Explained: ${[...new Set(results.map(({ record: { target } }) => (reading.task === 'classification' || target.space !== 'probability' ? `${target.name} (${target.space})` : target.name)))].join(', ')}. ${data.file}, seen by ${model.file}`,
    ],
    parts: [...sorted.slice(0, split).map((each) => findingPart(each)), ...qualities.map(qualityPart), ...sorted.slice(split).map((each, at) => findingPart(each, sorted[split + at - 1])), fed(reading), made(record, sorted)], record: results.length === 1 ? record : kept,
  });
}

function fitWords({ fit, task }: TableReading): string {
  if (!fit) return 'Nothing tells what the rows really are.';
  return task === 'classification' ? `The model is right for ${percent(fit.value)} of ${fit.rows} rows${fit.chance === undefined ? '' : `; always saying the most frequent class would be for ${percent(fit.chance)}`}.` : `It explains ${percent(fit.value)} of the variance of the labels (R²) on ${fit.rows} rows.`;
}

function fed({ mapping }: TableReading): string {
  return block('What the model reads of a row', `<p>${text(mapping.words)}</p>${mapping.assumed.length ? `<p>Assumed:</p><ul>${mapping.assumed.map((one) => `<li>${text(one)}</li>`).join('')}</ul>` : ''}<details><summary>Columns and inputs</summary>${table(['feature', 'kind', 'goes to'], mapping.features.map(({ feature, to }) => [feature.name, feature.kind, to]))}</details>`);
}

function made(record: TableRecord, results: readonly ExplainTableResult[]): string {
  const { model, data, device, runtime, versions, label } = record;
  return block('How it was made', table([], [
    ['methods', results.map((result) => result.record.method).join(', ')], ['seed', [...new Set(results.map((result) => result.record.seed))].join(', ')],
    ['model', `${model.file} (${model.format})`], ['model SHA-256', model.sha256], ['table', data.file], ['table SHA-256', data.sha256], ['rows', `${data.rows} of ${data.total}${data.rows < data.total ? `, drawn at random (at most ${data.maxRows})` : ''}`],
    ...(label === undefined ? [] : [['label', label]]), ...data.notes.map((note) => ['read as', note]), ['device', `${device.id}: ${device.detail}`], ['runtime', Object.values(runtime).map(String).join(': ')],
    ['versions', Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')],
  ]));
}
