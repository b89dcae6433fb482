/** What methods over tables find, as text for a terminal: tables with small bars. */
import type { Attributions, Curve, Feature, Surface, TableFinding } from '../methods/table/tableMethod';
import { shortNumber, treeText, valueText } from '../engine/table/treeText';
import type { ExplainTableResult, OpenTableResult, TableMethodInfo, TableReading } from '../protocol/table';
import { clean, percent, table } from './terminal';

const barWidth = 24, mostLines = 40, mostCurves = 12;

/** A bar from 0 to the right, or from the middle where there are negative values. */
export function bar(value: number, low: number, high: number, width = barWidth): string {
  if (!Number.isFinite(value) || high <= low) return '';
  const at = (number: number): number => Math.round((width * (number - low)) / (high - low));
  const zero = at(Math.min(Math.max(0, low), high)), end = at(value), from = Math.min(zero, end), to = Math.max(zero, end);
  return `${' '.repeat(from)}${(value < 0 ? '░' : '█').repeat(Math.max(to - from, value === 0 ? 0 : 1))}`;
}

const levels = '▁▂▃▄▅▆▇█';

/** A line of small blocks, lowest to highest. */
export function sparkline(values: Float64Array): string {
  const finite = values.filter(Number.isFinite), low = Math.min(...finite), high = Math.max(...finite);
  return Array.from(values, (value) => (Number.isFinite(value) ? levels[high > low ? Math.min(7, Math.floor((8 * (value - low)) / (high - low))) : 3]! : ' ')).join('');
}

/** Where the model does not do well with numbers as they are: how it does with scaled ones. */
export function sayScalings({ scalings }: OpenTableResult): string[] {
  if (scalings?.better === undefined) return [];
  const words = { none: 'as they are', standardise: 'less their mean, by their standard deviation', range: 'from 0 to 1' };
  const line = ({ kind, fit, sameAnswer }: (typeof scalings.tried)[number]): string => `  ${words[kind]}: ${fit ? `${fit.kind === 'accuracy' ? 'right on' : 'R²'} ${percent(fit.value)}` : `the same answer for ${percent(sameAnswer)}`} of ${scalings.rows} rows`;
  return [`caution: the model seems to expect scaled numbers, and nobody stated how. Tried with this table's own figures (nothing was changed):`, ...scalings.tried.map(line), '  say it in MODEL.lens.json (mean and std, or range, of each column), or in --preprocessing'];
}

export function describeFinding({ finding, record, numbers }: ExplainTableResult): string {
  const features = record.reading.mapping.features.map(({ feature }) => feature);
  switch (finding.kind) {
    case 'importance': {
      const sorted = [...finding.features].sort((a, b) => b.mean - a.mean), low = Math.min(0, ...sorted.map(({ mean }) => mean)), high = Math.max(0, ...sorted.map(({ mean }) => mean));
      const rows = sorted.slice(0, mostLines).map(({ feature, mean, spread }) => [features[feature]!.name, `${signed(mean)} ± ${shortNumber(Number(spread.toPrecision(2)))}`, bar(mean, low, high)]);
      return `${table(['feature', `${finding.unit}>`, ''], rows)}${more(sorted.length, mostLines)}`;
    }
    case 'curves': return `${finding.curves.slice(0, mostCurves).map((curve) => describeCurve(curve, features[curve.feature]!, finding.curves.length > 3)).join('\n\n')}${more(finding.curves.length, mostCurves)}`;
    case 'surface': return describeSurface(finding, features);
    case 'surrogate': return describeSurrogate(finding, features, record.reading);
    case 'counterfactuals': {
      const values = record.row?.values ?? [];
      return finding.found.length === 0 ? 'none found' : finding.found.map(({ row, changed, distance, score, flipped }, number) => [
        `${number + 1}. ${flipped ? 'another answer' : 'not quite another answer'}: score ${shortNumber(Number(score.toPrecision(5)))}, distance ${shortNumber(Number(distance.toPrecision(3)))}`,
        ...changed.map((feature) => `   ${clean(features[feature]!.name)}: ${clean(valueText(features[feature]!, values[feature] ?? NaN)) || 'missing'} → ${clean(valueText(features[feature]!, row[feature]!))}`),
      ].join('\n')).join('\n');
    }
    case 'interactions': {
      const sorted = [...finding.pairs].sort((a, b) => b.value - a.value), high = Math.max(0, ...sorted.map(({ value }) => value));
      const rows = sorted.slice(0, mostLines).map(({ features: [a, b], value, standardError }) => [a === b ? features[a]!.name : `${features[a]!.name} × ${features[b]!.name}`, `${signed(value)}${standardError === undefined ? '' : ` ± ${shortNumber(Number(standardError.toPrecision(2)))}`}`, bar(value, 0, high)]);
      return `${table(['features', 'strength>', ''], rows)}${more(sorted.length, mostLines)}`;
    }
    case 'attributions': return describeAttributions(finding, features);
    case 'sensitivities': {
      const sorted = [...finding.features].sort((a, b) => b.total - a.total), high = Math.max(0, ...sorted.map(({ total }) => total));
      const figure = (value: number, error: number | undefined): string => `${signed(value)}${error === undefined ? '' : ` ± ${shortNumber(Number(error.toPrecision(2)))}`}`;
      return `${table(['feature', `${finding.units[0]}>`, `${finding.units[1]}>`, ''], sorted.slice(0, mostLines).map(({ feature, main, mainError, total, totalError }) => [features[feature]!.name, figure(main, mainError), figure(total, totalError), bar(total, 0, high)]))}${more(sorted.length, mostLines)}`;
    }
    case 'neighbours': return table(['row>', 'distance>', ...record.reading.outputs.slice(0, 4).map((name) => `${name}>`)], Array.from(finding.places, (place, k) => [
      String(numbers?.[k] ?? place), shortNumber(Number(finding.distances[k]!.toPrecision(3))), ...record.reading.outputs.slice(0, 4).map((_, j) => score(finding.predictions[k * record.reading.outputs.length + j]!)),
    ]));
  }
}

/** What each feature adds to one row's score; of many rows the mean size of it. */
function describeAttributions({ base, values, standardErrors, rows, places, scores }: Attributions, features: readonly Feature[]): string {
  const width = features.length, count = places.length, size = features.map((_, j) => Array.from(places, (__, k) => Math.abs(values[k * width + j]!)).reduce((sum, value) => sum + value, 0) / Math.max(1, count));
  const order = [...size.keys()].sort((a, b) => size[b]! - size[a]!), high = Math.max(0, ...size), low = count === 1 ? Math.min(0, ...values) : 0;
  if (count !== 1) return `${table(['feature', 'mean |contribution|>', ''], order.slice(0, mostLines).map((j) => [features[j]!.name, score(size[j]!), bar(size[j]!, 0, high)]))}${more(width, mostLines)}`;
  const lines = order.slice(0, mostLines).map((j) => [`${features[j]!.name} = ${valueText(features[j]!, rows[j]!) || 'missing'}`, `${signed(values[j]!)}${standardErrors ? ` ± ${shortNumber(Number(standardErrors[j]!.toPrecision(2)))}` : ''}`, bar(values[j]!, low, high)]);
  return `from ${score(base)} to ${score(scores[0]!)}\n\n${table(['feature', 'adds>', ''], lines)}${more(width, mostLines)}`;
}

function describeCurve({ grid, values, standardErrors, ice }: Curve, feature: Feature, brief: boolean): string {
  const title = `${clean(feature.name)}${feature.unit === undefined ? '' : ` [${clean(feature.unit)}]`}`;
  const low = Math.min(...values), high = Math.max(...values);
  if (brief && feature.kind !== 'category') return `${title}\n  ${sparkline(thinned(values, 60))}  ${shortNumber(grid[0]!)} … ${shortNumber(grid.at(-1)!)}: score ${score(low)} to ${score(high)}`;
  const places = places20(grid.length), from = Math.min(low, 0) === low && low < 0 ? low : low - (high - low) * 0.05;
  const rows = places.map((k) => [valueText(feature, grid[k]!), `${score(values[k]!)}${standardErrors && Number.isFinite(standardErrors[k]!) ? ` ± ${shortNumber(Number(standardErrors[k]!.toPrecision(2)))}` : ''}`, bar(values[k]!, from, high)]);
  return `${table([title, 'score>', ''], rows)}${ice?.rows.length ? `\n  single curves of ${ice.rows.length} rows: with --out` : ''}`;
}

/** At most 20 places, the first and the last among them. */
function places20(count: number): number[] {
  return count <= 20 ? Array.from({ length: count }, (_, k) => k) : Array.from({ length: 20 }, (_, k) => Math.round((k * (count - 1)) / 19));
}

function thinned(values: Float64Array, most: number): Float64Array {
  return values.length <= most ? values : Float64Array.from({ length: most }, (_, k) => values[Math.round((k * (values.length - 1)) / (most - 1))]!);
}

function describeSurface({ features: [a, b], grids: [down, across], values }: Surface, features: readonly Feature[]): string {
  const rows = places20(down.length), columns = places20(across.length).filter((_, k, all) => all.length <= 10 || k % 2 === 0);
  const header = [`${features[a]!.name} \\ ${features[b]!.name}`, ...columns.map((j) => `${clean(valueText(features[b]!, across[j]!), 12)}>`)];
  return table(header, rows.map((i) => [valueText(features[a]!, down[i]!), ...columns.map((j) => score(values[i * across.length + j]!))]));
}

function describeSurrogate({ tree, linear, fidelity }: Extract<TableFinding, { kind: 'surrogate' }>, features: readonly Feature[], { outputs, task }: TableReading): string {
  const rows = fidelity.map(({ size, train, heldOut, leaves }) => [String(size), ...(leaves === undefined ? [''] : [String(leaves)]), percent(train), percent(heldOut), bar(heldOut, 0, 1)]);
  const parts = [table([tree ? 'depth>' : 'features>', tree ? 'leaves>' : '', 'agrees>', 'on held-out rows>', ''], rows)];
  if (tree) parts.push(clippedLines(treeText(tree, features, outputs, task)));
  if (linear) {
    linear.coefficients.slice(0, 10).forEach((row, k) => {
      const used = row.map((value, term) => ({ value, term })).filter(({ value }) => value !== 0).sort((x, y) => Math.abs(y.value) - Math.abs(x.value));
      parts.push(`${clean(outputs.length === linear.coefficients.length ? outputs[k]! : 'score')} = ${shortNumber(Number(linear.intercept[k]!.toPrecision(5)))}${used.slice(0, 12).map(({ value, term }) => ` ${value < 0 ? '-' : '+'} ${shortNumber(Number(Math.abs(value).toPrecision(4)))} · ${clean(features[term]?.name ?? `term ${term}`)}`).join('')}${used.length > 12 ? ` + ${used.length - 12} more` : ''}`);
    });
  }
  return parts.join('\n\n');
}

function clippedLines(text: string): string {
  const lines = text.trimEnd().split('\n').map((line) => line.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(0, 300));
  return lines.length <= 60 ? lines.join('\n') : `${lines.slice(0, 60).join('\n')}\n… ${lines.length - 60} more lines: with --out`;
}

const signed = (value: number): string => shortNumber(Number(value.toPrecision(4)));
const score = (value: number): string => (Number.isFinite(value) ? shortNumber(Number(value.toPrecision(4))) : '');
const more = (count: number, shown: number): string => (count > shown ? `\n… ${count - shown} more: with --json or --out` : '');

/** How the table is read, in a few lines. */
export function sayReading({ mapping, fit, task, output }: TableReading): string[] {
  const lines = [`${mapping.words} (by ${mapping.source})`, ...mapping.assumed.map((line) => `  assumed: ${line}`)];
  if (fit) lines.push(fit.kind === 'accuracy' ? `the model is right on ${percent(fit.value)} of ${fit.rows} rows (always saying the most frequent class: ${percent(fit.chance ?? null)})` : `the model explains ${percent(fit.value)} of the label's variance (R²) over ${fit.rows} rows`);
  else lines.push(`output '${output}' (${task}); no labels to compare it with`);
  return lines;
}

export function describeColumns(result: OpenTableResult): string {
  const to = new Map(result.reading?.mapping.features.flatMap((each) => each.columns.map((column) => [column, each.to] as const)));
  const rows = result.columns.slice(0, 200).map((column, place) => [String(place), column.name, column.type, column.role === 'feature' ? to.get(place) ?? '' : result.reading ? column.role : '', column.missing ? String(column.missing) : '',
    column.categories ? `${column.distinct}: ${column.categories.slice(0, 4).join(', ')}${column.distinct > 4 ? ', …' : ''}` : column.minimum === undefined ? `${column.distinct} different` : `${shortNumber(column.minimum)} … ${shortNumber(column.maximum!)}`]);
  return `${table(['>', 'column', 'type', 'goes to', 'missing>', 'values'], rows)}${more(result.columns.length, 200)}`;
}

export function describeMethods(methods: readonly TableMethodInfo[]): string {
  const needs = { labels: 'labels', gradient: 'a gradient', row: '--row', oneFeature: '--feature', twoFeatures: 'two --feature' } as const;
  return methods.map(({ id, title, question, applies, reason, needs: wanted, parameters, presets }) => [
    `${id}  ${title}${applies ? '' : '  (does not apply)'}`, `  ${question}`,
    ...(reason === undefined ? [] : [`  ${clean(reason, 400)}`]),
    ...(wanted.length ? [`  needs ${wanted.map((need) => needs[need]).join(', ')}`] : []),
    ...(parameters.length ? [`  parameters: ${parameters.map((spec) => `${spec.name}=${String(spec.default) || "''"}`).join(' ')}`] : []),
    `  presets: ${Object.keys(presets).join(', ')}`,
  ].join('\n')).join('\n\n');
}
