/** What a method found, as a part of a report: a drawing, the numbers behind it, what the method says of itself. */
import { tableMethods } from '../../../methods/table/registry';
import { cutTree } from '../../../methods/table/cart';
import type { Curve, Feature, TableFinding } from '../../../methods/table/tableMethod';
import type { ExplainTableResult } from '../../../protocol/table';
import { shortNumber, treeText, valueText } from '../../table/treeText';
import { escapeMarkup as text } from '../markup';
import { block, checkList, table } from '../page';
import { bars, extent, heat, lines, swarm, type Line } from './charts';
import { classColor, drawTree } from './treeDrawing';

const mostCurves = 30, mostSwarmRows = 250, mostSwarmFeatures = 15, mostPairs = 30, mostRows = 50, shownDepth = 3;

/** A titled part of the page. @param before the part above it: the same row is not described twice. */
export function findingPart(result: ExplainTableResult, before?: ExplainTableResult): string {
  const { record } = result, method = tableMethods.find(({ id }) => id === record.method), features = record.reading.mapping.features.map(({ feature }) => feature);
  const about = record.row && JSON.stringify(record.row.values) !== JSON.stringify(before?.record.row?.values) ? `Row ${record.row.number < 0 ? 'as typed' : record.row.number}${record.row.edited ? ' (edited)' : ''}: ${features.map((feature, k) => `${feature.name} ${valueText(feature, record.row!.values[k] ?? NaN) || '–'}`).join(', ')}` : '';
  return block(method?.title ?? record.method, [
    method ? `<p>${text(method.question)}</p>` : '', about && `<p class="muted">${text(about)}</p>`, drawn(result, features), record.checks.length ? checkList(record.checks) : '', how(result),
  ].join('\n'));
}

/** What it takes to make this part again. */
function how({ record }: ExplainTableResult): string {
  const { parameters, chosen, target, preset, seed, timings, device, numbers, features } = record, list = (values: object): string => Object.entries(values).map(([name, value]) => `${name} ${String(value)}`).join(', ');
  return `<details><summary>How it was found</summary>${table([], [
    ['method', `${record.method}, preset ${preset}`], ['explained', `${target.name} (${target.index}), ${target.space}`], ...(features.length ? [['features', features.join(', ')]] : []), ['parameters', list(parameters)], ...(Object.keys(chosen).length ? [['chosen by the method', list(chosen)]] : []),
    ['seed', String(seed)], ['device', `${device.id}: ${device.detail}`], ['time', `${timings.totalMs ?? '?'} ms, ${timings.rowsRun ?? '?'} rows run`], ['numbers SHA-256', numbers], ...record.warnings.map((warning) => ['note', warning]),
  ])}</details>`;
}

function drawn({ finding, record, numbers }: ExplainTableResult, features: readonly Feature[]): string {
  const name = (feature: number): string => features[feature]?.name ?? String(feature), { outputs, task } = record.reading;
  switch (finding.kind) {
    case 'importance': {
      const sorted = finding.features.map((each) => each).sort((a, b) => (b.mean || 0) - (a.mean || 0));
      return bars(`Importance (${finding.unit})`, sorted.map(({ feature, mean, spread }) => ({ name: name(feature), value: mean, error: spread })))
        + numbersOf(['feature', finding.unit, 'spread', 'repetitions'], sorted.map(({ feature, mean, spread, repeats }) => [name(feature), num(mean), num(spread), String(repeats.length)]));
    }
    case 'curves': return curvesOf(finding.curves, features);
    case 'surface': {
      const [a, b] = finding.features, ends = (feature: number, grid: Float64Array): [string, string] => [valueText(features[feature]!, grid[0]!), valueText(features[feature]!, grid[grid.length - 1]!)];
      return heat(`${name(a)} and ${name(b)}`, finding.values, [finding.grids[0].length, finding.grids[1].length], [name(a), name(b)], [ends(a, finding.grids[0]), ends(b, finding.grids[1])]);
    }
    case 'surrogate': return surrogate(finding, features, outputs, task, record.target.index);
    case 'counterfactuals': return table(['changes', 'score', 'distance', ''], finding.found.slice(0, mostRows).map(({ row, changed, score, distance, flipped }) => [
      changed.map((feature) => `${name(feature)}: ${valueText(features[feature]!, record.row?.values[feature] ?? NaN) || '–'} → ${valueText(features[feature]!, row[feature]!)}`).join('; ') || 'none', num(score), num(distance), flipped ? 'another answer' : 'the same answer',
    ]));
    case 'interactions': {
      const sorted = finding.pairs.map((pair) => pair).sort((a, b) => b.value - a.value);
      return bars('Strength of interaction', sorted.map(({ features: [a, b], value, standardError }) => ({ name: `${name(a)} × ${name(b)}`, value, ...(standardError !== undefined && { error: standardError }) })), mostPairs);
    }
    case 'sensitivities': return bars(finding.units[1], finding.features.map(({ feature, total, totalError }) => ({ name: name(feature), value: total, ...(totalError !== undefined && { error: totalError }) })).sort((a, b) => b.value - a.value))
      + numbersOf(['feature', finding.units[0], 'standard error', finding.units[1], 'standard error'], finding.features.map(({ feature, main, mainError, total, totalError }) => [name(feature), num(main), num(mainError), num(total), num(totalError)]));
    case 'attributions': return finding.places.length === 1 ? oneRow(finding, features) : manyRows(finding, features);
    case 'neighbours': return `<div class="scroll wide">${table(['row', 'distance', ...features.slice(0, 8).map((feature) => feature.name), ...outputs.slice(0, 4)], Array.from(finding.places).slice(0, mostRows).map((place, k) => [
      String(numbers?.[k] ?? place), num(finding.distances[k]!), ...features.slice(0, 8).map((feature, j) => valueText(feature, finding.rows[k * features.length + j]!)), ...outputs.slice(0, 4).map((_, j) => num(finding.predictions[k * outputs.length + j]!)),
    ]))}</div>`;
  }
}

/** A small chart a feature, all of one height so that they compare. */
function curvesOf(curves: readonly Curve[], features: readonly Feature[]): string {
  const shown = curves.slice(0, mostCurves), ys = extent(shown.flatMap(({ values, standardErrors }) => Array.from(values, (value, at) => [value, value + 2 * (standardErrors?.[at] ?? 0), value - 2 * (standardErrors?.[at] ?? 0)]).flat()));
  const charts = shown.map(({ feature, grid, values, standardErrors, ice }) => {
    const about = features[feature]!, single: Line[] = ice ? Array.from({ length: Math.min(20, ice.rows.length) }, (_, row) => ({ x: grid, y: ice.values.subarray(row * grid.length, (row + 1) * grid.length), kind: 'faint' as const })) : [];
    return lines(about.name, [...single, { x: grid, y: values, ...(standardErrors && { error: standardErrors }) }], { ys, ...(about.categories && { names: about.categories }), ...(about.unit !== undefined && { label: about.unit }) });
  });
  return `<div class="multiples">${charts.join('')}</div>${curves.length > mostCurves ? `<p class="muted">The first ${mostCurves} of ${curves.length} features.</p>` : ''}${numbersOf(['feature', 'at', 'score', 'standard error'], shown.flatMap((curve) => Array.from(curve.grid, (at, k) => [features[curve.feature]!.name, valueText(features[curve.feature]!, at), num(curve.values[k]!), num(curve.standardErrors?.[k])])))}`;
}

function surrogate({ tree, linear, fidelity }: Extract<TableFinding, { kind: 'surrogate' }>, features: readonly Feature[], outputs: readonly string[], task: 'classification' | 'regression', target: number): string {
  const sizes = fidelity.map(({ size, train, heldOut, leaves }) => [String(size), ...(leaves === undefined ? [] : [String(leaves)]), oneDigit(train), oneDigit(heldOut)]), head = [tree ? 'depth' : 'features', ...(fidelity.some(({ leaves }) => leaves !== undefined) ? ['rules'] : []), 'agreement on rows it learnt from', 'on held-out rows'];
  if (tree) {
    const shown = cutTree(tree, shownDepth), keys = task === 'classification' ? `<p class="keys">${tree.value.flatMap((share, place) => (share > 0 ? [`<span><span class="key" style="background:${classColor(place)}"></span>${text(outputs.length === 1 ? (place ? outputs[0]! : `not ${outputs[0]!}`) : outputs[place] ?? place)}</span>`] : [])).slice(0, 12).join('')}</p>` : '';
    return `${keys}${drawTree(shown, features, outputs, task)}${table(head, sizes)}<details><summary>Rules in words</summary><pre>${text(treeText(shown, features, outputs, task))}</pre></details>`;
  }
  const coefficients = linear?.coefficients[Math.min(target, linear.coefficients.length - 1)] ?? [];
  const parts = coefficients.flatMap((coefficient, feature) => (coefficient === 0 ? [] : [{ name: features[feature]!.name, value: coefficient * (linear?.deviations?.[feature] ?? 1), coefficient }])).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return `${bars('Change of the score for one standard deviation more', parts)}${table(head, sizes)}${numbersOf(['feature', 'coefficient', 'for one standard deviation'], parts.map(({ name, coefficient, value }) => [name, num(coefficient), num(value)]))}`;
}

function oneRow({ base, values, rows, scores, standardErrors }: Extract<TableFinding, { kind: 'attributions' }>, features: readonly Feature[]): string {
  const parts = features.map((feature, k) => ({ name: `${feature.name} = ${valueText(feature, rows[k]!) || '–'}`, value: values[k]!, ...(standardErrors && { error: standardErrors[k]! }) })).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return `<p>From ${num(base)} to ${num(scores[0])}: what each feature adds.</p>${bars('What each feature adds', parts, 20)}${numbersOf(['feature', 'adds', 'standard error'], parts.map((part) => [part.name, num(part.value), num(part.error)]))}`;
}

function manyRows({ base, places, values, rows }: Extract<TableFinding, { kind: 'attributions' }>, features: readonly Feature[]): string {
  const width = features.length, count = places.length, step = Math.max(1, Math.ceil(count / mostSwarmRows)), shown = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  const means = features.map((_, k) => ({ k, mean: Array.from({ length: count }, (__, row) => Math.abs(values[row * width + k]!)).reduce((sum, value) => sum + value, 0) / count })).sort((a, b) => b.mean - a.mean);
  const list = means.slice(0, mostSwarmFeatures).map(({ k }) => {
    const own = shown.map((row) => rows[row * width + k]!), [low, high] = extent(own);
    return { name: features[k]!.name, values: shown.map((row) => values[row * width + k]!), colors: own.map((value) => (high > low ? (value - low) / (high - low) : 0.5)) };
  });
  return `<p>${count} rows, from ${num(base)}, the mean over the background${shown.length < count ? `; ${shown.length} of them are drawn` : ''}. Colours from the lowest to the highest value of the feature.</p>${bars('Mean size of what each feature adds', means.map(({ k, mean }) => ({ name: features[k]!.name, value: mean })), mostSwarmFeatures)}${swarm('What each feature adds, row by row', list)}`;
}

const oneDigit = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function numbersOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `<details><summary>Numbers</summary>${table(head, rows)}</details>`;
}

export function num(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : shortNumber(Number(value.toPrecision(4)));
}
