/** Said and true values of rows, and how far they are apart; a click on a point chooses its row. */
import * as Plot from '@observablehq/plot';
import type { TableQuality } from '../../../protocol/tableQuality';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Keeping } from '../plot';
import { ink } from '../plotColors';

type Residuals = NonNullable<TableQuality['residuals']>;
interface Point { readonly number: number; readonly said: number; readonly actual: number; readonly residual: number }

export interface ResidualView {
  readonly residuals: Residuals;
  readonly name: string;
  /** What the true value is called: the label's column. */
  readonly truth: string;
  readonly chosenRow: number | undefined;
  readonly keep: Keeping;
  chooseRow(number: number): void;
}
type Drawn = { options: ChartOptions; about: ChartAbout };

/** Said against true, with the line on which both are the same. */
export function saidAndTrue(view: ResidualView): Drawn {
  const points = pointsOf(view.residuals), all = points.flatMap(({ said, actual }) => [said, actual]), low = Math.min(...all), high = Math.max(...all);
  return drawn(view, points, {
    title: t('Said and true values'), description: t('Said {0} against true {0} of {1} rows; on the line both are the same.', view.name, points.length), x: 'actual', y: 'said',
    labels: [t('true {0}', view.truth), t('said {0}', view.name)], line: Plot.line([[low, low], [high, high]], { stroke: ink.muted, strokeDasharray: '4 4', className: 'the-same' }),
  });
}

/** said − true against either of the two. */
export function residualChart(view: ResidualView, against: 'said' | 'actual'): Drawn {
  const points = pointsOf(view.residuals);
  return drawn(view, points, {
    title: t('Residuals'), description: t('Said minus true {0} of {1} rows.', view.name, points.length), x: against, y: 'residual',
    labels: [against === 'said' ? t('said {0}', view.name) : t('true {0}', view.truth), t('said − true')], line: Plot.ruleY([0], { stroke: ink.muted, strokeDasharray: '4 4' }),
  });
}

function pointsOf({ numbers, said, actual }: Residuals): Point[] {
  return numbers.map((number, i) => ({ number, said: said[i]!, actual: actual[i]!, residual: said[i]! - actual[i]! }));
}

interface Axes {
  readonly title: string;
  readonly description: string;
  readonly x: 'said' | 'actual';
  readonly y: 'said' | 'residual';
  readonly labels: readonly [string, string];
  readonly line: Plot.Markish;
}

function drawn({ chosenRow, keep, chooseRow }: ResidualView, points: readonly Point[], { title, description, x, y, labels, line }: Axes): Drawn {
  const chosen = points.filter(({ number }) => number === chosenRow);
  const options = (width: number): Plot.PlotOptions => ({
    height: Math.min(380, Math.max(260, width * 0.7)), marginLeft: 62, marginBottom: 42, marginTop: 12, marginRight: 16,
    x: { label: labels[0], labelAnchor: 'center', labelArrow: 'none', nice: true, ticks: Math.max(3, Math.floor(width / 90)) }, y: { label: labels[1], labelAnchor: 'center', labelArrow: 'none', nice: true, grid: true, ticks: 6 },
    marks: [
      line,
      Plot.dot(points, { x, y, r: points.length > 600 ? 2 : 3, fill: ink.main, fillOpacity: points.length > 600 ? 0.45 : 0.65, className: 'chart-row' }),
      Plot.dot(chosen, { x, y, r: 6, stroke: ink.chosen, strokeWidth: 2, className: 'chosen-row' }),
      Plot.tip(points, Plot.pointer({ x, y, title: (d: Point) => `${t('Row {0}', d.number)}\n${t('true {0}, said {1}', formatValue(d.actual), formatValue(d.said))}` })),
    ],
  });
  return {
    options,
    about: {
      title, description, keep, chooseDatum: (datum) => chooseRow((datum as Point).number),
      table: { head: [t('row'), t('true'), t('said'), t('said − true')], rows: points.map(({ number, actual, said, residual }) => [String(number), actual, said, residual]), choose: (place) => chooseRow(points[place]!.number) },
    },
  };
}
