/** How well a simple model agrees with the network, by its size: a click on a size chooses it. */
import * as Plot from '@observablehq/plot';
import type { Surrogate } from '../../protocol/table';
import { formatPercent } from '../common/format';
import { t } from '../common/strings';
import type { Chart} from './plot';
import { type Keeping } from './plot';
import { ink } from './plotColors';

export interface FidelityAbout {
  readonly title: string;
  /** What the sizes count. */
  readonly axis: string;
  /** What agreement is: a sentence. */
  readonly measure: string;
  readonly chosen: number;
  readonly keep: Keeping;
  choose(size: number): void;
}

type Point = Surrogate['fidelity'][number];

export function showFidelity(chart: Chart, fidelity: Surrogate['fidelity'], { title, axis, measure, chosen, keep, choose }: FidelityAbout): void {
  const learnt = t('rows it learnt from'), heldOut = t('held-out rows'), low = Math.min(1, ...fidelity.flatMap((point) => [point.train, point.heldOut]).filter(Number.isFinite)), best = fidelity.find(({ size }) => size === chosen);
  const pick = (place: number): void => { const point = fidelity[place]; if (point) choose(point.size); };
  const legend = (text: string, dx: number, stroke: string, dashed: boolean): Plot.Markish[] => [
    Plot.text([text], { text: (words: string) => `${dashed ? '┄' : '━'} ${words}`, frameAnchor: 'top-left', dx, dy: -22, fill: stroke }),
  ];
  chart.show((width) => ({
    height: Math.min(220, Math.max(180, width * 0.36)), marginTop: 30, marginLeft: 56, marginBottom: 38, marginRight: 16,
    x: { label: axis, ticks: fidelity.map(({ size }) => size), tickFormat: 'd', domain: [0.6, Math.max(1.4, (fidelity.at(-1)?.size ?? 1) + 0.4)] },
    y: { label: null, grid: true, ticks: 5, tickFormat: (value: number) => `${Math.round(1000 * value) / 10} %`, domain: [Math.max(Math.min(low, 1) - 0.15 * (1 - low || 1), -0.2), Math.min(1, 1)] },
    marks: [
      Plot.ruleX([chosen], { stroke: ink.main, strokeWidth: 14, strokeOpacity: 0.16 }),
      Plot.lineY(fidelity, { x: 'size', y: 'train', stroke: ink.other, strokeDasharray: '4 3' }), Plot.dot(fidelity, { x: 'size', y: 'train', fill: ink.other, r: 2.5, ariaLabel: () => 'train' }),
      Plot.lineY(fidelity, { x: 'size', y: 'heldOut', stroke: ink.main, strokeWidth: 2 }), Plot.dot(fidelity, { x: 'size', y: 'heldOut', fill: ink.main, r: (point: Point) => (point.size === chosen ? 6 : 4), sort: null, ariaLabel: () => 'held out' }),
      Plot.ruleX(fidelity, Plot.pointerX({ x: 'size', stroke: ink.muted })),
      Plot.text(fidelity, Plot.pointerX({ x: 'size', frameAnchor: 'bottom', dy: -6, text: (point: Point) => `${formatPercent(point.heldOut)}${point.leaves === undefined ? '' : ` · ${t('{0} rules', point.leaves)}`}`, stroke: 'var(--vscode-editor-background)', strokeWidth: 4, fill: ink.text })),
      ...legend(heldOut, 0, ink.main, false), ...legend(learnt, Math.min(150, 60 + 6.5 * heldOut.length), ink.other, true),
    ],
  }), {
    title, keep, choose: { train: pick, 'held out': pick }, chooseDatum: (datum) => choose((datum as Point).size),
    description: best ? `${measure} ${t('At size {0}: {1} of the rows it learnt from, {2} of held-out rows.', best.size, formatPercent(best.train), formatPercent(best.heldOut))}` : measure,
    table: { head: [axis, ...(fidelity.some(({ leaves }) => leaves !== undefined) ? [t('Rules')] : []), learnt, heldOut], rows: fidelity.map(({ size, train, heldOut: other, leaves }) => [size, ...(leaves === undefined ? [] : [leaves]), train, other]), choose: pick },
  });
}
