/** What the features of a row add to its score: a waterfall, and the same as one bar. */
import * as Plot from '@observablehq/plot';
import type { Feature } from '../../../protocol/table';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';
import { Chart, type Keeping } from '../plot';
import { fitting, ink, labelRoom } from '../plotColors';
import type { ChartTable } from '../plotTable';
import { valueText, type RowValues } from './values';
import { force, waterfall, type RowAttribution, type Step } from './waterfall';

export interface ShownAttribution extends RowAttribution {
  readonly features: readonly Feature[];
  readonly row: RowValues;
  /** 'probability of setosa'. */
  readonly scoreName: string;
  /** Where the sums begin: 'mean of the background'. */
  readonly baseName: string;
  readonly method: string;
}

/** Steps drawn; the rest is folded into one. */
export const mostSteps = 12;
const rowHeight = 24;

export class AttributionCharts {
  private readonly fall = new Chart();
  private readonly bar = new Chart();
  readonly elements = [this.fall.element, this.bar.element];

  constructor(private readonly keep: Keeping, private readonly choose: (feature: number) => void) {
    this.bar.element.classList.add('row-force');
  }

  show(shown: ShownAttribution): void {
    const steps = waterfall(shown, mostSteps), table = attributionTable(shown), { base, score, scoreName } = shown, title = t('{0}: what adds up to the {1}', shown.method, scoreName);
    const chooseStep = (at: number): void => { const [feature] = steps[at]!.features; if (feature !== undefined && steps[at]!.features.length === 1) this.choose(feature); };
    this.fall.show((width) => fallOptions(steps, shown, width), { title, description: sentence(steps, shown), table, keep: this.keep, choose: { contributions: chooseStep } });
    this.bar.show((width) => forceOptions(steps, shown, width), {
      title: t('The same as one bar: pushes towards and away from {0}', formatValue(score)), description: t('From {0} ({1}) to {2}: {3}.', formatValue(base), shown.baseName, formatValue(score), sides(steps)), table, keep: this.keep,
    });
  }
}

/** 'petal width = 0.2', '7 other features', 'not attributed'. */
export function stepName({ features }: Step, all: readonly Feature[], row: RowValues): string {
  if (features.length === 0) return t('what the method leaves');
  if (features.length > 1) return t('{0} other features', features.length);
  const [feature] = features as [number];
  return `${all[feature]!.name} = ${valueText(all[feature]!, row[feature] ?? null)}`;
}

function fallOptions(steps: readonly Step[], { features, row, base, score, scoreName, baseName }: ShownAttribution, width: number): Plot.PlotOptions {
  const names = steps.map((step) => stepName(step, features, row)), room = labelRoom(names, Math.min(240, width * 0.4)), keys = steps.map((_, at) => at), shortened = names.map((name) => fitting(name, room));
  const ends = steps.flatMap(({ from, to, error = 0 }) => [from, to, to - 2 * error, to + 2 * error]), low = Math.min(base, score, ...ends), high = Math.max(base, score, ...ends), pad = (high - low || 1) * 0.16;
  const withErrors = keys.filter((at) => (steps[at]!.error ?? 0) > 0), text = (at: number): string => signed(steps[at]!.value);
  const step = (at: number): Step => steps[at]!;
  return {
    height: 68 + steps.length * rowHeight, marginLeft: room + 12, marginRight: 14, marginTop: 24, marginBottom: 44,
    x: { domain: [low - pad, high + pad], label: null, ticks: Math.max(3, Math.floor((width - room) / 90)), tickFormat: (value: number) => formatTick(value) },
    y: { domain: keys, label: null, tickFormat: (at: number) => shortened[at]!, tickSize: 0 },
    marks: [
      Plot.gridX({ stroke: ink.faint, strokeOpacity: 1 }),
      Plot.ruleX([base], { stroke: ink.muted, strokeDasharray: '3 3' }), Plot.ruleX([score], { stroke: ink.text }),
      Plot.text([{ x: base, text: `${baseName} ${formatValue(base)}` }], { x: 'x', text: 'text', frameAnchor: 'bottom', dy: 36, textAnchor: base < (low + high) / 2 ? 'start' : 'end', fill: ink.muted }),
      Plot.text([{ x: score, text: `${scoreName} ${formatValue(score)}` }], { x: 'x', text: 'text', frameAnchor: 'top', dy: -14, textAnchor: score > (low + high) / 2 ? 'end' : 'start', fill: ink.text, fontWeight: 'bold' }),
      Plot.barX(keys, { x1: (at: number) => step(at).from, x2: (at: number) => step(at).to, y: (at: number) => at, insetTop: 3, insetBottom: 3, fill: (at: number) => (step(at).value < 0 ? ink.against : ink.for), fillOpacity: (at: number) => (step(at).features.length === 1 ? 1 : 0.6), className: 'contributions', title: (at: number) => `${names[at]!}\n${text(at)}` }),
      // From the end of one to the beginning of the next above it.
      Plot.link(keys.slice(1), { x1: (at: number) => step(at).to, x2: (at: number) => step(at).to, y1: (at: number) => at, y2: (at: number) => at - 1, stroke: ink.muted, strokeWidth: 1, strokeDasharray: '1 2' }),
      ...(withErrors.length ? [Plot.ruleY(withErrors, { x1: (at: number) => step(at).to - 2 * step(at).error!, x2: (at: number) => step(at).to + 2 * step(at).error!, y: (at: number) => at, stroke: ink.text, strokeWidth: 1.4, className: 'errors' })] : []),
      Plot.text(keys, { x: (at: number) => Math.max(step(at).from, step(at).to) + 2 * (step(at).error ?? 0), y: (at: number) => at, text, textAnchor: 'start', dx: 5, fill: ink.text }),
    ],
  };
}

function forceOptions(steps: readonly Step[], { features, row, base, score }: ShownAttribution, width: number): Plot.PlotOptions {
  const parts = force(steps, score), edges = parts.flatMap(({ from, to }) => [from, to]), low = Math.min(base, score, ...edges), high = Math.max(base, score, ...edges), pad = (high - low || 1) * 0.02;
  const keys = parts.map((_, at) => at), part = (at: number): Step => parts[at]!, pixels = (width - 28) / ((high - low || 1) * 1.04);
  const wide = keys.filter((at) => Math.abs(part(at).value) * pixels > 46);
  return {
    height: 82, marginLeft: 14, marginRight: 14, marginTop: 18, marginBottom: 24,
    x: { domain: [low - pad, high + pad], label: null, ticks: Math.max(3, Math.floor(width / 110)), tickFormat: (value: number) => formatTick(value) },
    marks: [
      Plot.rect(keys, { x1: (at: number) => part(at).from, x2: (at: number) => part(at).to, y1: 0, y2: 1, insetLeft: 0.5, insetRight: 0.5, fill: (at: number) => (part(at).value < 0 ? ink.against : ink.for), fillOpacity: 0.55, className: 'pushes', title: (at: number) => `${stepName(part(at), features, row)}\n${signed(part(at).value)}` }),
      Plot.text(wide, { x: (at: number) => (part(at).from + part(at).to) / 2, y: 0.5, text: (at: number) => fitting(part(at).features.length === 1 ? features[part(at).features[0]!]!.name : stepName(part(at), features, row), Math.abs(part(at).value) * pixels - 8), fill: ink.text }),
      Plot.ruleX([base], { stroke: ink.muted, strokeDasharray: '3 3' }), Plot.ruleX([score], { stroke: ink.text, strokeWidth: 2 }),
      Plot.text([{ x: score, text: formatValue(score) }], { x: 'x', text: 'text', frameAnchor: 'top', dy: -10, fill: ink.text, fontWeight: 'bold' }),
      ...(Math.abs(base - score) * pixels <= 60 ? [] : [Plot.text([{ x: base, text: formatValue(base) }], { x: 'x', text: 'text', frameAnchor: 'top', dy: -10, fill: ink.muted })]),
    ],
    y: { axis: null },
  };
}

/** Every feature with every digit, the largest first, between the base and the score. */
export function attributionTable({ base, score, values, standardErrors, features, row, baseName, scoreName }: ShownAttribution): ChartTable {
  const order = features.map((_, feature) => feature).sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b), errors = standardErrors !== undefined;
  const line = (name: string, value: string, adds: number, error: number): (string | number)[] => [name, value, adds, ...(errors ? [error] : [])];
  return {
    head: [t('Feature'), t('Value'), t('Adds'), ...(errors ? [t('Standard error')] : [])],
    rows: [line(baseName, '', base, NaN), ...order.map((feature) => line(features[feature]!.name, valueText(features[feature]!, row[feature] ?? null), values[feature]!, standardErrors?.[feature] ?? NaN)), line(scoreName, '', score, NaN)],
  };
}

function sentence(steps: readonly Step[], { features, row, base, score, baseName, scoreName }: ShownAttribution): string {
  const first = steps.filter(({ features: of }) => of.length === 1).slice(0, 3).map((step) => `${stepName(step, features, row)}: ${signed(step.value)}`).join('; ');
  return t('From {0}, the {1}, to {2}, the {3}. The largest: {4}.', formatValue(base), baseName, formatValue(score), scoreName, first);
}

function sides(steps: readonly Step[]): string {
  const sum = (sign: number): number => steps.reduce((total, { value }) => (Math.sign(value) === sign ? total + value : total), 0);
  return t('{0} upwards, {1} downwards', signed(sum(1)), signed(sum(-1)));
}

export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${formatValue(Math.abs(value))}`;
}

function formatTick(value: number): string {
  return (Math.abs(value) < 1e-12 ? '0' : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(4)))).replace('-', '−');
}
