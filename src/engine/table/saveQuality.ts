/** How good a model is on a table, as files: all of it as JSON, and each part as CSV. */
import type { OpenTableResult, TableRowsResult } from '../../protocol/table';
import type { GroupFigureId, TableQuality } from '../../protocol/tableQuality';
import { writeInto } from '../keep/outputFolder';
import { csv } from './saveTable';

const groupFigures: readonly GroupFigureId[] = ['selectionRate', 'truePositiveRate', 'falsePositiveRate', 'precision', 'accuracy', 'meanError', 'bias', 'squaredError'];

/** Writes quality.json, figures.csv, slices.csv and, where they are there, confusion.csv, calibration.csv, residuals.csv, groups.csv and gaps.csv; returns their paths. */
export function saveQuality(folder: string, quality: TableQuality): Promise<string[]> {
  const { metrics, outputs, confusion, calibration, residuals, slices, group, errorUnit } = quality, files: [string, string][] = [['quality.json', `${JSON.stringify(quality, null, 2)}\n`]];
  files.push(['figures.csv', csv(['figure', 'output', 'value', 'standard error', 'always the same'], metrics.map(({ id, output, value, standardError, reference }) => [id, output === undefined ? '' : outputs[output]!, value, standardError ?? '', reference ?? '']))]);
  files.push(['slices.csv', csv(['slice', 'rows', 'accuracy', `mean ${errorUnit}`, 'standard error', 'more than other rows', 'at least'], slices.map((slice) => [slice.words, slice.rows, slice.accuracy ?? '', slice.error, slice.standardError, slice.difference, slice.lowerBound]))]);
  if (confusion) files.push(['confusion.csv', csv(['actual \\ said', ...outputs], confusion.map((counts, actual) => [outputs[actual]!, ...counts]))]);
  if (calibration) files.push(['calibration.csv', csv(['class', 'said', 'is so', 'standard error', 'rows'], calibration.flatMap(({ output, bins }) => bins.map(({ said, actual, standardError, rows }) => [outputs[output]!, said, actual, standardError, rows])))]);
  if (residuals) files.push(['residuals.csv', csv(['row', 'said', 'true'], residuals.numbers.map((number, at) => [number, residuals.said[at]!, residuals.actual[at]!]))]);
  if (group) {
    const known = groupFigures.filter((id) => group.groups.some((one) => one[id] !== undefined));
    files.push(['groups.csv', csv([group.column, 'rows', 'rows of the class', 'rows said to be of it', ...known.flatMap((id) => [id, `${id} standard error`])], group.groups.map((one) => [one.name, one.rows, one.positives ?? '', one.selected ?? '', ...known.flatMap((id) => [one[id] ?? '', (id === 'squaredError' ? one.standardError : one.standardErrors[id]) ?? ''])]))]);
    files.push(['gaps.csv', csv(['gap', 'figure', 'value', 'standard error', 'ratio', 'highest', 'lowest', 'few rows'], group.gaps.map(({ id, figure, value, standardError, ratio, high, low, small }) => [id, figure, value, standardError, ratio ?? '', high.name, low.name, small ? 'yes' : 'no']))]);
  }
  return writeInto(folder, files);
}

/** Writes rows.csv: every column of the table, then what the model says. */
export function saveRows(folder: string, { rows }: TableRowsResult, { columns, reading }: OpenTableResult): Promise<string[]> {
  const { outputs = [], task } = reading ?? {}, classes = task === 'classification';
  const name = (label: number | undefined): string | number => (label === undefined ? '' : classes ? outputs[label] ?? '' : label);
  return writeInto(folder, [['rows.csv', csv(['row', ...columns.map((column) => column.name), 'label', ...outputs.map((output) => `${classes ? 'probability of' : 'said'} ${output}`), 'error'], rows.map((row) => [row.number, ...row.cells, name(row.label), ...row.prediction, row.error ?? '']))]]);
}
