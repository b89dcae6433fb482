/** What features add to the score, over many rows: how much on average, and each row as a point. */
import * as Plot from '@observablehq/plot';
import type { Attributions, Feature } from '../../../protocol/table';
import { formatNumber, formatValue } from '../../common/format';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Keeping } from '../plot';
import { fitting, ink, labelRoom, rampLegend, titled, valueRamp } from '../plotColors';
import { cellText } from '../plotTable';
import { explainedRows, featureValues, meanContributions, shareOf, usualSpan } from './shapData';
import { swarmOffsets } from './swarm';

/** What the charts of contributions share. */
export interface ShapView {
  readonly finding: Attributions;
  /** Numbers of the rows in the file; absent while they arrive. */
  readonly numbers?: readonly number[];
  readonly features: readonly Feature[];
  /** 'probability of setosa'. */
  readonly score: string;
  /** Features that are drawn, the one that adds most first. */
  readonly shown: readonly number[];
  readonly chosenFeature?: number;
  readonly chosenRow?: number;
  readonly keep: Keeping;
  chooseFeature(feature: number): void;
  chooseRow(number: number): void;
}

/** Height of a feature's line in both charts: side by side, they are level. */
const line = 34, marginTop = 38, marginBottom = 46;
/** Points drawn at most: more rows are thinned out evenly. */
export const mostPoints = 12_000;

/** Labels of features on the left, and the chosen one's line. */
function featureMarks({ features, shown, chosenFeature }: ShapView, room: number): Plot.Markish[] {
  const at = chosenFeature === undefined ? -1 : shown.indexOf(chosenFeature);
  return [
    at >= 0 ? Plot.rectY([at], { x1: null, x2: null, y1: (d: number) => d - 0.5, y2: (d: number) => d + 0.5, fill: ink.faint, className: 'chosen-feature' }) : null,
    Plot.text(shown, { x: null, y: (_, i) => i, frameAnchor: 'left', dx: -8, textAnchor: 'end', text: (feature: number) => fitting(features[feature]!.name, room), title: (feature: number) => features[feature]!.name, fontWeight: 'normal', className: 'feature' }),
  ];
}

function scales({ shown, features }: ShapView, width: number): { room: number; common: Plot.PlotOptions } {
  const room = labelRoom(shown.map((feature) => features[feature]!.name), Math.min(170, width * 0.36));
  return { room, common: { height: marginTop + marginBottom + line * shown.length, marginTop, marginBottom, marginLeft: room + 14, marginRight: 16, y: { domain: [-0.5, shown.length - 0.5], reverse: true, axis: null } } };
}

/** Bars of the mean absolute contribution, with their standard errors over rows. */
export function meanBars(view: ShapView): { options: ChartOptions; about: ChartAbout } {
  const all = meanContributions(view.finding, view.features.length), bars = view.shown.map((feature) => all.find((one) => one.feature === feature)!), rows = explainedRows(view.finding).length;
  const options = (width: number): Plot.PlotOptions => {
    const { room, common } = scales(view, width);
    return {
      ...common,
      x: { ...titled(t('mean |SHAP|')), ticks: Math.max(2, Math.floor((width - room) / 80)), grid: true, zero: true, nice: true },
      marks: [
        ...featureMarks(view, room),
        Plot.rect(bars, { x1: 0, x2: 'size', y1: (_, i) => i - 0.32, y2: (_, i) => i + 0.32, fill: ink.main, rx2: 2, className: 'bar' }),
        Plot.link(bars, { x1: (d) => Math.max(0, d.size - 2 * d.error), x2: (d) => d.size + 2 * d.error, y1: (_, i) => i, y2: (_, i) => i, stroke: ink.text, strokeWidth: 1.2, className: 'error' }),
        Plot.ruleX([0], { stroke: ink.muted }),
      ],
    };
  };
  const first = bars[0];
  return {
    options,
    about: {
      title: t('How much each feature adds'), keep: view.keep,
      description: first ? t('Mean absolute SHAP value of {0} features over {1} rows; {2} adds most, {3}.', bars.length, rows, view.features[first.feature]!.name, formatValue(first.size)) : t('No rows yet.'),
      table: {
        head: [t('Feature'), t('mean |SHAP|'), t('standard error'), t('mean SHAP')],
        rows: all.map(({ feature, size, error, mean }) => [view.features[feature]!.name, size, error, mean]), choose: (row) => view.chooseFeature(all[row]!.feature),
      },
      choose: { feature: (i) => view.chooseFeature(view.shown[i]!), bar: (i) => view.chooseFeature(view.shown[i]!) },
    },
  };
}

interface Point { readonly row: number; readonly at: number; readonly feature: number; readonly x: number; y: number; readonly fill: string }

/** Every row a point on each feature's line: where it lies is what the feature adds there, its colour the feature's value. */
export function beeswarm(view: ShapView): { options: ChartOptions; about: ChartAbout } {
  const { finding, features, shown, score, numbers, chosenRow } = view, width = features.length, all = explainedRows(finding);
  const every = Math.max(1, Math.ceil((all.length * shown.length) / mostPoints)), drawn = all.filter((row, i) => i % every === 0 || numbers?.[row] === chosenRow);
  const options = (chartWidth: number): Plot.PlotOptions => {
    const { room, common } = scales(view, chartWidth), ramp = valueRamp(), inside = chartWidth - room - 30, radius = drawn.length > 400 ? 1.7 : drawn.length > 100 ? 2.2 : 3;
    let low = 0, high = 0;
    for (const row of drawn) for (const feature of shown) {
      low = Math.min(low, finding.values[row * width + feature]!);
      high = Math.max(high, finding.values[row * width + feature]!);
    }
    const points: Point[] = shown.flatMap((feature, at) => {
      const span = usualSpan(featureValues(finding, feature, width));
      const xs = Float64Array.from(drawn, (row) => ((finding.values[row * width + feature]! - low) / (high - low || 1)) * inside), offsets = swarmOffsets(xs, radius, line * 0.4);
      return drawn.map((row, i) => {
        const share = shareOf(finding.rows[row * width + feature]!, span);
        return { row, at, feature, x: finding.values[row * width + feature]!, y: at + offsets[i]! / line, fill: Number.isNaN(share) ? ink.missing : ramp(share) };
      });
    });
    const chosen = chosenRow === undefined ? [] : points.filter(({ row }) => numbers?.[row] === chosenRow);
    const missing = drawn.some((row) => shown.some((feature) => Number.isNaN(finding.rows[row * width + feature]!)));
    return {
      ...common,
      x: { ...titled(t('SHAP value: change of the {0}', score), inside + 24), ticks: Math.max(2, Math.floor(inside / 80)), grid: true, nice: true },
      marks: [
        ...featureMarks(view, room),
        Plot.ruleX([0], { stroke: ink.muted }),
        Plot.dot(points, { x: 'x', y: 'y', r: radius, fill: { value: 'fill', scale: null } as never, fillOpacity: 0.9, className: 'points' }),
        Plot.dot(chosen, { x: 'x', y: 'y', r: radius + 3, stroke: ink.chosen, strokeWidth: 1.6, className: 'chosen-row' }),
        Plot.tip(points, Plot.pointer({ x: 'x', y: 'y', maxRadius: 14, lineHeight: 1.25, title: (d: Point) => pointWords(view, d.row, d.feature) })),
        rampLegend({ ramp, title: t('value of the feature'), low: t('low'), high: t('high'), ...(missing && { missing: t('missing') }) }),
      ],
    };
  };
  const totals = all.map((row) => shown.reduce((sum, feature) => sum + finding.values[row * width + feature]!, 0)), others = all.map((row, i) => {
    let sum = -totals[i]!;
    for (let feature = 0; feature < width; feature++) sum += finding.values[row * width + feature]!;
    return sum;
  });
  return {
    options,
    about: {
      title: every > 1 ? t('What each feature adds, row by row ({0} of {1} rows drawn)', formatNumber(drawn.length), formatNumber(all.length)) : t('What each feature adds, row by row'), keep: view.keep,
      description: t('{0} rows as points on the lines of {1} features: what the feature adds to the {2} of the row, coloured by the feature’s value.', drawn.length, shown.length, score),
      table: {
        head: [t('Row'), t('Base'), ...shown.map((feature) => features[feature]!.name), t('All others'), t('Score')],
        rows: all.map((row, i) => [rowName(view, row), finding.base, ...shown.map((feature) => finding.values[row * width + feature]!), others[i]!, finding.scores[row]!]),
        ...(numbers && { choose: (i: number) => view.chooseRow(numbers[all[i]!]!) }),
      },
      choose: { feature: (i) => view.chooseFeature(shown[i]!) },
      chooseDatum: (datum) => {
        const number = numbers?.[(datum as Point).row];
        if (number !== undefined) view.chooseRow(number);
      },
    },
  };
}

export function rowName({ numbers, finding }: Pick<ShapView, 'numbers' | 'finding'>, row: number): string {
  return String(numbers?.[row] ?? finding.places[row]);
}

/** A row and a feature in three lines, for tips. */
export function pointWords(view: ShapView, row: number, feature: number): string {
  const { finding, features } = view, width = features.length, added = finding.values[row * width + feature]!, error = finding.standardErrors?.[row * width + feature];
  return [
    t('Row {0}', rowName(view, row)), `${features[feature]!.name} = ${valueWords(features[feature]!, finding.rows[row * width + feature]!)}`,
    t('adds {0}', `${added > 0 ? '+' : ''}${formatValue(added)}${error === undefined ? '' : ` ± ${formatValue(error)}`}`.replace(/^-/, '−')), t('score {0}', formatValue(finding.scores[row]!)),
  ].join('\n');
}

export function valueWords({ categories, unit }: Feature, value: number): string {
  if (Number.isNaN(value)) return t('missing');
  return categories?.[value] ?? `${cellText(value)}${unit === undefined ? '' : ` ${unit}`}`;
}
