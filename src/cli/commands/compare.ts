import { compareRuns, type ComparedRun } from '../../engine/compareRuns';
import { alignFiles, finishCompare } from '../../engine/jobs/compare';
import { explainPair } from '../../engine/jobs/explainPair';
import type { CompareResult, ComparedLayer } from '../../protocol/compare';
import type { PairResult } from '../../protocol/pair';
import { choice, devices, flag, inputFiles, parse, text, texts, UsageError } from '../arguments';
import type { CommandContext } from '../start';
import { bytesText, clean, clearLine, dimsText, note, print, printJson, short, status, table } from '../terminal';
import { describePrediction, sayPreprocessing } from './predict';

/** model-lens compare A B [--weights] [--input X] */
export async function runCompare(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('compare', argv, {
    weights: { type: 'boolean' }, all: { type: 'boolean' }, input: { type: 'string', multiple: true }, device: { type: 'string' },
    method: { type: 'string' }, target: { type: 'string' },
  }, { least: 2, most: 2, names: 'A B' });
  const [a, b] = parsed.positionals as [string, string];
  const given = texts(parsed, 'input');
  const inputs = given.length ? inputFiles(given, 'compare') : undefined;
  const device = choice(parsed, 'compare', 'device', devices), method = text(parsed, 'method');
  if (method !== undefined && !inputs) throw new UsageError('--method explains an input: --input is missing', 'compare');
  const aligned = await alignFiles(engine, a, b, signal);
  const result = await finishCompare(aligned, flag(parsed, 'weights'), { signal, progress: ({ done, total }) => status(`comparing weights ${Math.round((100 * done) / Math.max(1, total))} %`) });
  clearLine();
  const run = inputs && await compareRuns(engine, aligned, { inputs, device }, signal);
  if (run) {
    for (const warning of run.warnings) note(`note: ${warning}`);
    sayPreprocessing(run.preprocessing.a);
    if (JSON.stringify(run.preprocessing.b) !== JSON.stringify(run.preprocessing.a)) sayPreprocessing(run.preprocessing.b);
  }
  const target = text(parsed, 'target');
  const pair = inputs && method !== undefined ? await explainPair(engine, { a, b, inputs, device, method, ...(target !== undefined && { target: { class: /^\d+$/.test(target) ? Number(target) : target } }) }, {
    signal, progress: ({ side, value }) => { if (value.type === 'partial') status(`${method} of the ${side === 'a' ? 'first' : 'second'} model: ${value.done} of ${value.total}`); },
  }) : undefined;
  clearLine();
  if (flag(parsed, 'json')) printJson({ ...withoutView(result), ...(run && { run }), ...(pair && { explanations: withoutMaps(pair) }) });
  else print([describe(result, flag(parsed, 'all')), ...(run ? ['', describeRun(run)] : []), ...(pair ? ['', describePair(pair)] : [])].join('\n'));
}

/** Maps are pictures; the figures say how alike they are. */
function withoutMaps({ a, b, difference: _, ...rest }: PairResult): object {
  return { ...rest, a: a.record, b: b.record };
}

function describePair({ a, b, figures, notes }: PairResult): string {
  const side = (name: string, { record }: PairResult['a']): string => `${record.method} of '${clean(record.target.label)}' in the ${name} model: score ${record.target.score.toPrecision(5)}`;
  return [
    side('first', a), side('second', b),
    ...(figures ? [`the maps: rank correlation ${figures.rankCorrelation.toFixed(3)}, correlation ${figures.correlation.toFixed(3)}, ${Math.round(100 * figures.topOverlap)} % of the strongest tenth in common`] : []),
    ...notes.map((line) => `note: ${clean(line, 400)}`),
  ].join('\n');
}

/** What is drawn is nothing to read; rows refer to no nodes here. */
function withoutView({ view: _view, kinds: _kinds, layers, ...rest }: CompareResult): object {
  return { ...rest, layers: layers.map(({ node: _node, ...layer }) => layer) };
}

const marks = { same: ' ', changed: '~', added: '+', removed: '-' } as const;

function describe(result: CompareResult, all: boolean): string {
  const { totals } = result;
  const rows = result.layers.filter(({ kind }) => all || kind !== 'same');
  const weighed = result.layers.some(({ weights }) => weights.length > 0);
  return [
    facts(result),
    '',
    `${totals.same} layers are the same, ${totals.changed} changed, ${totals.added} added, ${totals.removed} removed`,
    ...(rows.length ? ['', table(['', 'layer', 'type', 'output', ...(weighed ? ['weights>'] : []), 'what changed'], rows.map((layer) => row(layer, weighed)), 90)] : []),
    ...result.warnings.map((warning) => `note: ${clean(warning, 400)}`),
  ].join('\n');
}

function facts({ a, b }: CompareResult): string {
  const of = (side: CompareResult['a']): string[] => {
    const { summary } = side;
    const ports = (list: typeof summary.inputs): string => list.map(({ name, dtype, dims }) => `${name} ${dtype} ${dims ? dimsText(dims) : '(any dims)'}`).join(', ');
    return [summary.format, bytesText(side.bytes), String(summary.totals.layers), short(summary.totals.parameters), short(summary.totals.macs), ports(summary.inputs), ports(summary.outputs)];
  };
  const left = of(a), right = of(b);
  const titles = ['format', 'file', 'layers', 'parameters', 'MACs', 'inputs', 'outputs'];
  return table(['', '', clean(a.file), clean(b.file)], titles.map((title, at) => [left[at] === right[at] ? '' : marks.changed, title, left[at]!, right[at]!]), 60);
}

function row(layer: ComparedLayer, weighed: boolean): string[] {
  const { kind, a, b, changes, weights } = layer;
  const shown = b ?? a!;
  const worst = weights.reduce<number | null>((most, { relativeError }) => relativeError === null ? most : Math.max(most ?? 0, relativeError), null);
  return [marks[kind], a && b && a.name !== b.name ? `${a.name} = ${b.name}` : shown.name, a && b && a.type !== b.type ? `${a.type} = ${b.type}` : shown.type, dimsText(shown.outputDims[0]), ...(weighed ? [worst === null ? '' : small(worst)] : []), changes.join('; ')];
}

function describeRun(run: ComparedRun): string {
  const apart = run.layers.filter(({ relativeError }) => relativeError !== null);
  const furthest = [...apart].sort((x, y) => y.relativeError! - x.relativeError!).slice(0, 10);
  const sameClass = run.predictions.a?.top[0] && run.predictions.b?.top[0] ? run.predictions.a.top[0].index === run.predictions.b.top[0].index : undefined;
  return [
    table(['output', 'dims', 'largest difference>', 'mean difference>', 'relative error>'], run.outputs.map(({ a, b, dims, maximum, mean, relativeError }) => [a === b ? a : `${a} = ${b}`, dimsText(dims), small(maximum), small(mean), small(relativeError)])),
    ...(['a', 'b'] as const).flatMap((side) => run.predictions[side] ? ['', side === 'a' ? 'the first model says' : 'the second model says', describePrediction(run.predictions[side])] : []),
    ...(sameClass === undefined ? [] : ['', sameClass ? 'both say the same' : 'they disagree']),
    ...(furthest.length ? ['', `activations of ${apart.length} layers; where they are furthest apart:`, table(['layer', 'type', 'relative error>', 'largest difference>'], furthest.map((layer) => [layer.name, layer.type, small(layer.relativeError), small(layer.maximum)]))] : []),
  ].join('\n');
}

function small(value: number | null): string {
  if (value === null) return '?';
  if (value === 0) return '0';
  return value < 1e-3 || value >= 1e4 ? value.toExponential(1) : value.toPrecision(3);
}
