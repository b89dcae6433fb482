/** How good a model is on a table, and rows of it with what is said of them, as text for a terminal. */
import { shortNumber } from '../engine/table/treeText';
import type { OpenTableResult, TableRowsResult } from '../protocol/table';
import type { GroupFigureId, TableQuality } from '../protocol/tableQuality';
import { bar } from './tableText';
import { clean, percent, table } from './terminal';

const mostClasses = 20, mostColumns = 6, barWidth = 20;

const figure = (value: number | undefined, digits = 4): string => (value === undefined || !Number.isFinite(value) ? '' : shortNumber(Number(value.toPrecision(digits))));
const withError = (value: number | undefined, error: number | undefined): string => `${figure(value)}${value !== undefined && error !== undefined && Number.isFinite(error) ? ` ± ${figure(error, 2)}` : ''}`;

export function describeQuality(quality: TableQuality): string {
  const { metrics, outputs, rows, target } = quality, several = metrics.some(({ output }) => output !== undefined);
  return [
    `${rows} rows with a label`, '',
    table([...(several ? ['output'] : []), 'figure', 'value>', 'always the same>', ''], metrics.map(({ title, value, standardError, reference, better, output }) => [
      ...(several ? [outputs[output ?? target] ?? ''] : []), title, withError(value, standardError), figure(reference), better === 'zero' ? '' : `${better} is better`,
    ])),
    ...(quality.confusion ? ['', confusion(quality.confusion, outputs)] : []),
    ...(quality.calibration ?? []).slice(0, 3).flatMap(({ output, bins, error }) => ['', `calibration of '${clean(outputs[output]!)}' (mean gap ${percent(error)})`, table(['said>', 'is so>', 'rows>', ''], bins.map(({ said, actual, standardError, rows: count }) => [percent(said), `${percent(actual)} ± ${(100 * standardError).toFixed(1)}`, String(count), bar(actual, 0, 1, barWidth)]))]),
    '', slices(quality), ...(quality.group ? ['', groups(quality.group, quality)] : []),
  ].join('\n');
}

function confusion(counts: readonly (readonly number[])[], outputs: readonly string[]): string {
  const shown = outputs.slice(0, mostClasses);
  return `${table(['is \\ said', ...shown.map((name) => `${clean(name, 16)}>`), 'right>'], shown.map((name, actual) => {
    const row = counts[actual]!, total = row.reduce((sum, count) => sum + count, 0);
    return [name, ...shown.map((_, said) => String(row[said]!)), total ? percent(row[actual]! / total) : ''];
  }))}${outputs.length > mostClasses ? `\n… ${outputs.length - mostClasses} more classes: with --json` : ''}`;
}

function slices({ slices: found, slicing, errorUnit, error }: TableQuality): string {
  const about = `${slicing.tried} slices of at least ${slicing.fewestRows} rows were tried`;
  if (found.length === 0) return `no slice is worse than the others (${about})`;
  const worst = Math.max(...found.map((slice) => slice.error));
  return `where the ${errorUnit} is higher than ${figure(error)}, its mean (${about}; 'at least' allows for that)\n${table(['slice', 'rows>', 'error>', 'more by>', 'at least>', ''], found.map((slice) => [
    slice.words, String(slice.rows), withError(slice.error, slice.standardError), figure(slice.difference, 3), slice.lowerBound > 0 ? figure(slice.lowerBound, 3) : 'chance', bar(slice.error, 0, worst, barWidth),
  ]), 80)}`;
}

const classColumns: readonly (readonly [GroupFigureId, string])[] = [['selectionRate', 'said>'], ['truePositiveRate', 'found (TPR)>'], ['falsePositiveRate', 'wrongly said (FPR)>'], ['precision', 'precision>'], ['accuracy', 'accuracy>']];
const valueColumns: readonly (readonly [GroupFigureId, string])[] = [['meanError', 'mean error>'], ['bias', 'said − true>']];

function groups({ column, groups: all, gaps }: NonNullable<TableQuality['group']>, { task, outputs, target }: TableQuality): string {
  const columns = task === 'classification' ? classColumns : valueColumns;
  const cell = (value: number | undefined, error: number | undefined): string => (task === 'classification' ? (value === undefined ? '' : `${percent(value)}${error === undefined ? '' : ` ± ${(100 * error).toFixed(1)}`}`) : withError(value, error));
  return [
    `groups of '${clean(column)}'${task === 'classification' ? `, for '${clean(outputs[target]!)}'` : ''}`,
    table([clean(column), 'rows>', ...columns.map(([, title]) => title)], all.map((group) => [group.name, String(group.rows), ...columns.map(([id]) => cell(group[id], group.standardErrors[id]))])),
    ...gaps.map(({ title, words }) => `${title}: ${clean(words, 400)}`),
  ].join('\n');
}

/** Rows with their first columns, what is said of them and how far off that is. */
export function describeRows({ total, rows }: TableRowsResult, { reading, columns }: OpenTableResult): string {
  if (!reading) return '';
  const { outputs, task, mapping } = reading, shown = columns.map((_, place) => place).filter((place) => place !== mapping.label).slice(0, mostColumns), labelled = rows.some(({ label }) => label !== undefined);
  const header = ['row>', ...shown.map((place) => clean(columns[place]!.name, 16)), ...(labelled ? ['is'] : []), 'said', ...(task === 'classification' ? ['probability>'] : []), ...(labelled ? ['error>'] : [])];
  const lines = rows.map(({ number, cells, prediction, label, error }) => {
    const best = prediction.indexOf(Math.max(...prediction));
    const said = task === 'classification' ? [outputs[best]!, percent(prediction[best]!)] : [prediction.slice(0, 3).map((value) => figure(value)).join(', ')];
    return [String(number), ...shown.map((place) => clean(cells[place]!, 16)), ...(labelled ? [label === undefined ? '' : task === 'classification' ? outputs[label]! : figure(label)] : []), ...said, ...(labelled ? [figure(error, 3)] : [])];
  });
  return `${table(header, lines)}\n${rows.length} of ${total} rows${columns.length > mostColumns + 1 ? `, the first ${mostColumns} of ${columns.length} columns: all with --json` : ''}`;
}
