/** How often what is said with a probability is so. */
import * as Plot from '@observablehq/plot';
import type { TableQuality } from '../../../protocol/tableQuality';
import { formatNumber, formatPercent } from '../../common/format';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Keeping } from '../plot';
import { ink } from '../plotColors';

type Calibration = NonNullable<TableQuality['calibration']>[number];

export function calibrationChart({ bins, error }: Calibration, name: string, keep: Keeping): { options: ChartOptions; about: ChartAbout } {
  const most = Math.max(...bins.map(({ rows }) => rows)), percent = (share: number): string => `${Math.round(100 * share)} %`;
  const options = (width: number): Plot.PlotOptions => ({
    height: Math.min(380, Math.max(260, width * 0.75)), marginLeft: 64, marginBottom: 42, marginTop: 12, marginRight: 26,
    x: { domain: [0, 1], label: t('probability that is said'), labelAnchor: 'center', labelArrow: 'none', tickFormat: percent, ticks: 5 },
    y: { domain: [0, 1], label: t('share that is so'), labelAnchor: 'center', labelArrow: 'none', tickFormat: percent, ticks: 5, grid: true },
    r: { domain: [0, most], range: [2, 9] },
    marks: [
      Plot.line([[0, 0], [1, 1]], { stroke: ink.muted, strokeDasharray: '4 4', className: 'as-said' }),
      Plot.line(bins, { x: 'said', y: 'actual', stroke: ink.main, strokeWidth: 1.5, className: 'chart-calibration' }),
      Plot.link(bins, { x1: 'said', x2: 'said', y1: (d) => Math.max(0, d.actual - d.standardError), y2: (d) => Math.min(1, d.actual + d.standardError), stroke: ink.text, strokeWidth: 1.2, className: 'chart-error' }),
      Plot.dot(bins, { x: 'said', y: 'actual', r: 'rows', fill: ink.main, stroke: 'var(--vscode-editor-background)', className: 'chart-bin' }),
      Plot.tip(bins, Plot.pointer({ x: 'said', y: 'actual', title: (d) => t('said {0}, so in {1} ± {2} of {3} rows', formatPercent(d.said), formatPercent(d.actual), (100 * d.standardError).toFixed(1), formatNumber(d.rows)) })),
    ],
  });
  return {
    options,
    about: {
      title: t('Calibration of {0}', name), keep,
      description: t('Of rows said to be {0} with a probability, the share that is: {1} bins, a mean gap of {2}.', name, bins.length, formatPercent(error)),
      table: { head: [t('probability that is said'), t('share that is so'), t('standard error'), t('rows')], rows: bins.map(({ said, actual, standardError, rows }) => [said, actual, standardError, rows]) },
    },
  };
}
