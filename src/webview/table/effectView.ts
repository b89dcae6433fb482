/** One feature large: its chart with a legend, how it was made in sentences, and the numbers. */
import type { ExplainTableResult, Feature } from '../../protocol/table';
import { h, replace } from '../common/dom';
import { formatNumber, formatValue } from '../common/format';
import { csvLine } from '../common/csv';
import { icon } from '../common/icons';
import type { MenuItem } from '../common/menu';
import { t } from '../common/strings';
import { effectChart, effectTable, type Effects } from './effectChart';
import type { Keeping } from './plot';
import { asPng, selfContained } from './plotExport';

export interface ShownEffect {
  readonly feature: Feature;
  readonly effects: Effects | undefined;
  /** 'probability of setosa'. */
  readonly score: string;
  readonly importance?: { readonly mean: number; readonly spread: number; readonly unit: string; readonly rank: number; readonly repeats: number };
  readonly records: readonly ExplainTableResult['record'][];
  /** Why there is no curve: nothing runs any more. */
  readonly without?: string;
}

export class EffectView {
  readonly element = h('section', { class: 'effect-view', attributes: { 'aria-label': t('Effect') } });
  private readonly canvas = h('div', { class: 'effect-canvas' });
  private shown: ShownEffect | undefined;
  private opened = false;

  constructor() {
    new ResizeObserver(() => this.drawChart()).observe(this.canvas);
  }

  clear(words: string): void {
    this.shown = undefined;
    replace(this.element, h('p', { class: 'muted pad' }, words));
  }

  show(shown: ShownEffect): void {
    this.shown = shown;
    const { feature, effects, importance, records, without } = shown;
    const checks = records.flatMap(({ checks }) => checks).filter(({ ok }) => !ok), seen = new Set<string>(), warned = checks.filter(({ message }) => !seen.has(message) && seen.add(message));
    const numbers = effects && effectTable(effects, feature);
    if (numbers) {
      (numbers as HTMLDetailsElement).open = this.opened;
      numbers.addEventListener('toggle', () => { this.opened = (numbers as HTMLDetailsElement).open; });
    }
    replace(this.element, h('h2', {}, feature.name),
      importance && h('p', { class: 'muted' }, t('Number {0} by importance: shuffled, it changes the model’s {3} by {1}; {2} is the spread over {4} shuffles', importance.rank, formatValue(importance.mean), formatValue(importance.spread), importance.unit, importance.repeats)),
      effects ? legend(effects, feature) : h('p', { class: 'muted', attributes: { role: 'status' } }, without ?? t('Its curves come after those of more important features.')),
      effects && this.canvas, effects && h('p', { class: 'sr-only' }, describe(effects, feature, shown.score)),
      effects && h('p', { class: 'sentence' }, sentences(effects, records)),
      ...warned.map(({ message }) => h('p', { class: 'warning' }, icon('warning'), h('span', {}, t('Of the table as a whole: {0}', message)))), numbers ?? false);
    this.drawChart();
  }

  /** What can be kept of the chart, for menus. */
  exports(page: Keeping): readonly MenuItem[] {
    const { shown } = this, drawing = this.canvas.querySelector<SVGSVGElement>('svg');
    if (!shown?.effects || !drawing || !this.canvas.isConnected) return [];
    const { feature, effects, score } = shown, name = feature.name.replace(/[^\p{L}\p{N}]+/gu, '-') || 'effect';
    const svg = (): string => selfContained(drawing, { title: t('What {0} does', feature.name), description: describe(effects, feature, score), legend: legendColors(effects) });
    return [
      'separator',
      { label: t('Save the effect as SVG…'), run: () => page.save(`${name}.svg`, new TextEncoder().encode(svg())) },
      { label: t('Save the effect as PNG…'), run: () => void asPng(svg(), 2).then((bytes) => page.save(`${name}.png`, bytes)) },
      { label: t('Save the effect as CSV…'), run: () => page.save(`${name}.csv`, new TextEncoder().encode(effectCsv(effects, feature))) },
    ];
  }

  private drawChart(): void {
    if (!this.shown?.effects) return;
    const width = Math.max(260, Math.floor(this.canvas.clientWidth)), height = Math.round(Math.min(380, Math.max(230, width * 0.52)));
    replace(this.canvas, effectChart(this.shown.effects, this.shown.feature, this.shown.score, [width, height]));
  }
}

function legendColors({ pdp, ale }: Effects): { color: string; text: string }[] {
  return [...(pdp ? [{ color: 'var(--vscode-charts-blue)', text: t('Partial dependence') }] : []), ...(ale ? [{ color: 'var(--ale)', text: t('Accumulated local effects') }] : [])];
}

/** One line a point of either curve. */
function effectCsv({ pdp, ale }: Effects, { name, categories }: Feature): string {
  const rows = ([['pdp', pdp], ['ale', ale]] as const).flatMap(([curve, found]) => (found ? Array.from(found.grid, (at, i) => [curve, categories?.[at] ?? String(at), String(found.values[i]!), String(found.standardErrors?.[i] ?? ''), String(found.counts?.[i] ?? '')]) : []));
  return [['curve', name, 'change of the score', 'standard error', 'rows'], ...rows].map(csvLine).join('');
}

function legend({ pdp, ale }: Effects, feature: Feature): HTMLElement {
  const entry = (name: string, text: string, hint: string): HTMLElement => h('li', { title: hint }, h('span', { class: `swatch ${name}`, attributes: { 'aria-hidden': true } }), text);
  return h('ul', { class: 'effect-legend' },
    pdp && entry('pdp', t('Partial dependence'), t('The average change of the score when every row gets this value')),
    pdp?.ice && entry('ice', t('{0} single rows', formatNumber(pdp.ice.rows.length)), t('The change of the score of one row when it gets this value (ICE)')),
    ale && entry('ale', t('Accumulated local effects'), t('How the score moves along the feature where rows really are')),
    (pdp ?? ale) && entry('band', t('± 2 standard errors'), t('Bands twice the standard error wide on either side')),
    ale && feature.kind !== 'category' && entry('rug', t('bins of equally many rows'), t('Between two marks on the axis lie about as many rows as between any other two')));
}

function sentences({ pdp, ale }: Effects, records: readonly ExplainTableResult['record'][]): string {
  const of = (method: string): ExplainTableResult['record'] | undefined => records.find((record) => record.method === method);
  const dependence = of('pdp'), local = of('ale');
  return [
    pdp && t('Partial dependence: {0} values between the 5 % and 95 % percentiles, averaged over {1} rows; 0 is the usual score.', pdp.grid.length, String(dependence?.chosen.rows ?? '…')),
    ale?.counts && t('Accumulated local effects: {0} bins over {1} rows, 0 is the average row.', ale.counts.length, formatNumber(ale.counts.reduce((sum, count) => sum + count, 0))),
    dependence ?? local ? t('Seed {0}.', (dependence ?? local)!.seed) : undefined,
  ].filter(Boolean).join(' ');
}

/** The chart in one sentence. */
function describe({ pdp, ale }: Effects, { name, categories }: Feature, score: string): string {
  const curve = pdp ?? ale;
  if (!curve) return '';
  let low = 0, high = 0;
  curve.values.forEach((value, i) => { if (value < curve.values[low]!) low = i; if (value > curve.values[high]!) high = i; });
  const at = (place: number): string => categories?.[curve.grid[place]!] ?? formatValue(curve.grid[place]!);
  return t('{0} along {1}: lowest at {2} ({3}), highest at {4} ({5}).', score, name, at(low), formatValue(curve.values[low]!), at(high), formatValue(curve.values[high]!));
}
