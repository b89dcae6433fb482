/** How the score reacts to each feature, by itself and together with others: Morris' screening and Sobol's shares of the variance. */
import * as Plot from '@observablehq/plot';
import type { Feature, Sensitivities } from '../../../protocol/table';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Keeping } from '../plot';
import { fitting, ink, labelRoom, titled } from '../plotColors';

export interface SensitivityView {
  readonly finding: Sensitivities;
  readonly features: readonly Feature[];
  readonly score: string;
  readonly chosenFeature?: number;
  readonly keep: Keeping;
  chooseFeature(feature: number): void;
}

type Found = Sensitivities['features'][number];

const labelled = 12, line = 30;

function tableOf({ features, chooseFeature }: SensitivityView, heads: readonly [string, string], sorted: readonly Found[]): ChartAbout['table'] {
  return {
    head: [t('Feature'), heads[0], t('standard error'), heads[1], t('standard error')],
    rows: sorted.map(({ feature, main, mainError, total, totalError }) => [features[feature]!.name, main, mainError ?? NaN, total, totalError ?? NaN]), choose: (row) => chooseFeature(sorted[row]!.feature),
  };
}

/** Morris: how much a step along a feature changes the score on average (μ*), and how unlike these changes are (σ). */
export function morrisChart(view: SensitivityView): { options: ChartOptions; about: ChartAbout } {
  const { finding, features, score, chosenFeature, keep, chooseFeature } = view, sorted = [...finding.features].sort((a, b) => b.main - a.main), most = Math.max(1e-12, ...sorted.map(({ main, total }) => Math.max(main, total)));
  const options = (width: number): Plot.PlotOptions => ({
    height: Math.round(Math.min(400, Math.max(260, width * 0.6))), marginTop: 30, marginLeft: 58, marginRight: 24, marginBottom: 46,
    x: { domain: [0, Math.max(1e-12, ...sorted.map(({ main, mainError = 0 }) => main + mainError)) * 1.12], ...titled(t('μ*: mean size of the change of the {0}', score), width - 66), grid: true, ticks: Math.max(2, Math.floor(width / 90)) },
    y: { domain: [0, Math.max(1e-12, ...sorted.map(({ total }) => total)) * 1.12], label: t('σ: how unlike the changes are'), labelArrow: 'none', grid: true },
    marks: [
      // Below this line a feature acts alike everywhere; above it, it depends on the others, or on where it is.
      Plot.line([[0, 0], [most, most]], { stroke: ink.muted, strokeDasharray: '3 3', clip: true, className: 'alike' }),
      Plot.link(sorted.filter(({ mainError }) => mainError), { x1: (d: Found) => Math.max(0, d.main - 2 * d.mainError!), x2: (d: Found) => d.main + 2 * d.mainError!, y1: 'total', y2: 'total', stroke: ink.muted, clip: true, className: 'error' }),
      Plot.dot(sorted, { x: 'main', y: 'total', r: 4.5, fill: ink.main, className: 'features' }),
      Plot.dot(sorted.filter(({ feature }) => feature === chosenFeature), { x: 'main', y: 'total', r: 8, stroke: ink.chosen, strokeWidth: 1.6, className: 'chosen-feature' }),
      Plot.text(spaced(sorted.slice(0, labelled)), { x: 'main', y: 'total', text: ({ feature }: Found) => fitting(features[feature]!.name, 140), textAnchor: 'middle', dy: -11, stroke: 'var(--vscode-editor-background)', strokeWidth: 3, fill: ink.text, className: 'names' }),
      Plot.tip(sorted, Plot.pointer({ x: 'main', y: 'total', maxRadius: 24, lineHeight: 1.25, title: (d: Found) => `${features[d.feature]!.name}\nμ* ${formatValue(d.main)}${d.mainError === undefined ? '' : ` ± ${formatValue(d.mainError)}`}\nσ ${formatValue(d.total)}` })),
    ],
  });
  const first = sorted[0];
  return {
    options,
    about: {
      title: t('Steps along each feature (Morris)'), keep,
      description: first ? t('{0} features: how much a step changes the {1} on average, and how unlike these changes are. {2} changes it most, by {3}.', sorted.length, score, features[first.feature]!.name, formatValue(first.main)) : t('No features yet.'),
      table: tableOf(view, finding.units as [string, string], sorted), choose: { features: (i) => chooseFeature(sorted[i]!.feature) }, chooseDatum: (datum) => chooseFeature((datum as Found).feature),
    },
  };

  /** Names where there is room: one less than 14 % of the plot away from a stronger feature's goes without (its point tells). */
  function spaced(all: readonly Found[]): Found[] {
    const kept: Found[] = [];
    for (const one of all) if (!kept.some((other) => Math.abs(other.main - one.main) < 0.14 * most && Math.abs(other.total - one.total) < 0.05 * most)) kept.push(one);
    return kept;
  }
}

/** Sobol: the share of the score's variance that a feature explains by itself, and together with others. */
export function sobolChart(view: SensitivityView): { options: ChartOptions; about: ChartAbout } {
  const { finding, features, score, chosenFeature, keep, chooseFeature } = view, sorted = [...finding.features].sort((a, b) => b.total - a.total), bars = sorted.slice(0, 20), at = bars.findIndex(({ feature }) => feature === chosenFeature);
  const go = (i: number): void => chooseFeature(bars[i]!.feature);
  const options = (width: number): Plot.PlotOptions => {
    const room = labelRoom(bars.map(({ feature }) => features[feature]!.name), Math.min(180, width * 0.4));
    const pair = (main: boolean): Plot.Markish[] => {
      const value = (d: Found): number => (main ? d.main : d.total), error = (d: Found): number => 2 * ((main ? d.mainError : d.totalError) ?? 0), from = main ? -0.36 : 0.02, to = main ? -0.02 : 0.36;
      return [
        Plot.rect(bars, { x1: 0, x2: value, y1: (_, i) => i + from, y2: (_, i) => i + to, fill: main ? ink.main : ink.other, className: main ? 'first-order' : 'total' }),
        Plot.link(bars.filter((d) => error(d) > 0), { x1: (d) => value(d) - error(d), x2: (d) => value(d) + error(d), y1: (d) => bars.indexOf(d) + (from + to) / 2, y2: (d) => bars.indexOf(d) + (from + to) / 2, stroke: ink.text, strokeWidth: 1.1, className: 'error' }),
      ];
    };
    return {
      height: 26 + 46 + line * bars.length, marginTop: 26, marginBottom: 46, marginLeft: room + 14, marginRight: 16, y: { domain: [-0.5, bars.length - 0.5], reverse: true, axis: null },
      x: { ...titled(t('share of the variance of the {0}', score), width - room - 4), grid: true, zero: true, nice: true, ticks: Math.max(2, Math.floor((width - room) / 80)) },
      marks: [
        at >= 0 ? Plot.rectY([at], { x1: null, x2: null, y1: (d: number) => d - 0.5, y2: (d: number) => d + 0.5, fill: ink.faint, className: 'chosen-feature' }) : null,
        Plot.text(bars, { x: null, y: (_, i) => i, frameAnchor: 'left', dx: -8, textAnchor: 'end', text: ({ feature }) => fitting(features[feature]!.name, room), title: ({ feature }) => features[feature]!.name, className: 'feature' }),
        ...pair(true), ...pair(false), Plot.ruleX([0], { stroke: ink.muted }),
      ],
    };
  };
  const first = sorted[0];
  return {
    options,
    about: {
      title: t('Shares of the variance (Sobol)'), keep,
      description: first ? t('{0} features: the share of the variance of the {1} each explains by itself and together with others. {2} has the largest total, {3}.', sorted.length, score, features[first.feature]!.name, formatValue(first.total)) : t('No features yet.'),
      table: tableOf(view, [t('by itself'), t('with others')], sorted), choose: { feature: go, 'first-order': go, total: go },
      legend: [{ color: ink.main, text: t('by itself (first order)') }, { color: ink.other, text: t('with others (total)') }],
    },
  };
}
