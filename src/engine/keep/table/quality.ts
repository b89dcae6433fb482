/** How good the model is on the table, as a part of a report. */
import type { TableQuality } from '../../../protocol/tableQuality';
import { escapeMarkup as text } from '../markup';
import { block, percent, table } from '../page';
import { lines, points } from './charts';
import { num, numbersOf } from './findings';

const mostClasses = 12, mostSlices = 15, mostGroups = 20;

export function qualityPart({ task, rows, outputs, target, metrics, confusion, calibration, residuals, slices, errorUnit, error, group, notes }: TableQuality): string {
  const curve = calibration?.find(({ output }) => output === target) ?? calibration?.[0];
  return block('How good the model is here', [
    `<p>${rows} rows whose label is known.</p>`,
    table(['figure', 'value', 'standard error', 'without a model', 'better'], metrics.map((metric) => [metric.output === undefined ? metric.title : `${metric.title} (${outputs[metric.output] ?? metric.output})`, num(metric.value), num(metric.standardError), num(metric.reference), metric.better === 'zero' ? 'close to 0' : metric.better])),
    confusion && confusion.length <= mostClasses ? `<h3>Label and answer</h3>${confusionTable(confusion, outputs)}` : '',
    curve && curve.bins.length > 0 ? `<h3>Calibration of ${text(outputs[curve.output] ?? curve.output)}: error ${text(num(curve.error))}</h3>${lines('share of rows that are so, by probability said', [{ x: [0, 1], y: [0, 1], kind: 'faint' }, { x: curve.bins.map(({ said }) => said), y: curve.bins.map(({ actual }) => actual), error: curve.bins.map(({ standardError }) => standardError) }], { ys: [0, 1], label: 'probability said' })}` : '',
    task === 'regression' && residuals ? points('Said and true values', residuals.actual, residuals.said, { labels: ['true value', 'said'], diagonal: true }) : '',
    slices.length ? `<h3>Where it errs most (${text(errorUnit)}, ${text(num(error))} over all rows)</h3>${table(['rows where', 'rows', errorUnit, 'more than elsewhere', 'at least'], slices.slice(0, mostSlices).map((slice) => [slice.words, String(slice.rows), num(slice.error), num(slice.difference), num(slice.lowerBound)]))}` : '',
    group ? `<h3>Groups by ${text(group.column)}</h3>${groupTable(group.groups)}<ul>${group.gaps.map((gap) => `<li>${text(gap.words)}</li>`).join('')}</ul>` : '',
    notes.length ? `<ul>${notes.map((note) => `<li>${text(note)}</li>`).join('')}</ul>` : '',
  ].join('\n'));
}

/** Rows are what is so, columns what is said; the darker, the larger the share of its row. */
function confusionTable(confusion: readonly (readonly number[])[], outputs: readonly string[]): string {
  const name = (place: number): string => text(outputs.length === 1 ? (place ? outputs[0]! : `not ${outputs[0]!}`) : outputs[place] ?? place);
  return `<table><thead><tr><th scope="col">is ↓ said →</th>${confusion.map((_, place) => `<th scope="col">${name(place)}</th>`).join('')}</tr></thead><tbody>${confusion.map((row, place) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return `<tr><th scope="row">${name(place)}</th>${row.map((count) => `<td class="share" style="--share:${total ? Math.round((60 * count) / total) : 0}">${count}</td>`).join('')}</tr>`;
  }).join('')}</tbody></table>`;
}

function groupTable(groups: NonNullable<TableQuality['group']>['groups']): string {
  const share = (value: number | undefined): string => (value === undefined ? '–' : percent(value)), classes = groups.some(({ accuracy }) => accuracy !== undefined);
  const shown = groups.slice(0, mostGroups);
  return (classes
    ? table(['group', 'rows', 'said to be so', 'true positives', 'false positives', 'accuracy'], shown.map((each) => [each.name, String(each.rows), share(each.selectionRate), share(each.truePositiveRate), share(each.falsePositiveRate), share(each.accuracy)]))
    : table(['group', 'rows', 'mean error', 'said − true'], shown.map((each) => [each.name, String(each.rows), num(each.meanError), num(each.bias)])))
    + (groups.length > mostGroups ? numbersOf(['group', 'rows'], groups.slice(mostGroups).map((each) => [each.name, String(each.rows)])) : '');
}
