/** What the score does along two features, as a map of colours: hatched where no rows are near, with the rows as points. */
import * as Plot from '@observablehq/plot';
import type { Feature, Surface } from '../../../protocol/table';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Keeping } from '../plot';
import { fitting, ink, labelRoom, rampLegend, signedRamp, titled } from '../plotColors';
import { valueWords } from '../shap/beeswarm';
import { s } from '../svg';
import { bordersOf } from './borders';

export interface SurfaceView {
  readonly surface: Surface;
  readonly title: string;
  /** What the colours count: 'change of the probability of setosa'. */
  readonly score: string;
  readonly features: readonly Feature[];
  /** Rows of the table at their values of the two features, and their numbers in the file. */
  readonly rows: readonly { readonly number: number; readonly a: number; readonly b: number }[];
  readonly chosenRow?: number;
  readonly keep: Keeping;
  chooseRow(number: number): void;
}

interface Cell { readonly x1: number; readonly x2: number; readonly y1: number; readonly y2: number; readonly a: number; readonly b: number; readonly value: number; readonly fill: string; readonly empty: boolean }

let hatches = 0;

export function surfaceChart(view: SurfaceView): { options: ChartOptions; about: ChartAbout } {
  const { surface, score, features } = view, [a, b] = surface.features, first = features[a]!, second = features[b]!, [gridA, gridB] = surface.grids, columns = gridB.length;
  const largest = surface.values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0) || 1, hatch = `hatch-${++hatches}`, xs = bordersOf(gridA), ys = bordersOf(gridB);
  const inside = view.rows.filter((row) => row.a >= xs[0]! && row.a <= xs[xs.length - 1]! && row.b >= ys[0]! && row.b <= ys[ys.length - 1]!), dots = inside.map((row) => ({ ...row, a: row.a + spread(first, row.number, 0.618034), b: row.b + spread(second, row.number, 0.754878) }));
  const options = (width: number): Plot.PlotOptions => {
    const ramp = signedRamp();
    const cells: Cell[] = Array.from(surface.values, (value, i) => {
      const at = Math.floor(i / columns), up = i % columns;
      return { x1: xs[at]!, x2: xs[at + 1]!, y1: ys[up]!, y2: ys[up + 1]!, a: gridA[at]!, b: gridB[up]!, value, fill: Number.isFinite(value) ? ramp((value / largest + 1) / 2) : ink.missing, empty: !!surface.unsupported?.[i] };
    });
    const roomB = second.categories ? labelRoom(Array.from(gridB, (value) => second.categories![value] ?? ''), 120) : labelRoom(Array.from(gridB, formatValue), 70);
    return {
      height: Math.round(Math.min(440, Math.max(280, width * 0.72))), marginTop: 54, marginLeft: roomB + 22, marginRight: 16, marginBottom: 46,
      x: { domain: [xs[0]!, xs[xs.length - 1]!], ...axis(first, gridA, (width - roomB - 40) / gridA.length, width / 90) }, y: { domain: [ys[0]!, ys[ys.length - 1]!], ...axis(second, gridB, 120, 6), labelAnchor: 'top', labelOffset: undefined },
      marks: [
        hatchPattern(hatch),
        Plot.rect(cells, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: { value: 'fill', scale: null } as never, stroke: { value: 'fill', scale: null } as never, strokeWidth: 0.5, className: 'cells' }),
        Plot.rect(cells.filter(({ empty }) => empty), { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: `url(#${hatch})`, className: 'no-rows-near' }),
        Plot.dot(dots, { x: 'a', y: 'b', r: 1.6, fill: ink.text, fillOpacity: dots.length > 400 ? 0.35 : 0.55, className: 'rows' }),
        Plot.dot(dots.filter(({ number }) => number === view.chosenRow), { x: 'a', y: 'b', r: 6, stroke: ink.chosen, strokeWidth: 1.8, className: 'chosen-row' }),
        Plot.tip(cells, Plot.pointer({ x: (d: Cell) => (d.x1 + d.x2) / 2, y: (d: Cell) => (d.y1 + d.y2) / 2, maxRadius: 60, lineHeight: 1.25, title: (d: Cell) => [`${first.name} = ${valueWords(first, d.a)}`, `${second.name} = ${valueWords(second, d.b)}`, signed(d.value), ...(d.empty ? [t('no rows near')] : [])].join('\n') })),
        rampLegend({ ramp, title: '', low: signed(-largest), high: signed(largest), middle: '0' }),
      ],
    };
  };
  let low = 0, high = 0;
  surface.values.forEach((value, i) => { if (value < surface.values[low]!) low = i; if (value > surface.values[high]!) high = i; });
  const place = (i: number): string => `${first.name} ${valueWords(first, gridA[Math.floor(i / columns)]!)}, ${second.name} ${valueWords(second, gridB[i % columns]!)}`;
  return {
    options,
    about: {
      title: view.title, keep: view.keep,
      description: t('{0} along {1} and {2}: lowest at {3} ({4}), highest at {5} ({6}).', score, first.name, second.name, place(low), signed(surface.values[low]!), place(high), signed(surface.values[high]!)),
      table: {
        head: [first.name, second.name, score, t('rows near')],
        rows: Array.from(surface.values, (value, i) => [first.categories ? valueWords(first, gridA[Math.floor(i / columns)]!) : gridA[Math.floor(i / columns)]!, second.categories ? valueWords(second, gridB[i % columns]!) : gridB[i % columns]!, value, surface.unsupported?.[i] ? t('no') : t('yes')]),
      },
      choose: { rows: (i) => { const number = inside[i]?.number; if (number !== undefined) view.chooseRow(number); } },
    },
  };
}

function axis({ categories, name, unit }: Feature, grid: ArrayLike<number>, room: number, ticks: number): Plot.ScaleOptions {
  const label = titled(unit === undefined ? name : `${name} [${unit}]`);
  if (!categories) return { ...label, ticks: Math.max(2, Math.floor(ticks)), tickFormat: grid[0]! > 1500 && grid[grid.length - 1]! < 2200 ? 'd' : undefined };
  return { ...label, ticks: Array.from(grid), tickSize: 0, tickFormat: (at: number) => fitting(categories[at] ?? String(at), Math.max(20, room - 4)) };
}

/** Rows of one category lie all over its cell, always the same way. */
function spread({ kind }: Feature, row: number, step: number): number {
  return kind === 'category' ? (((row * step) % 1) - 0.5) * 0.8 : 0;
}

function hatchPattern(id: string): Plot.Markish {
  return (() => s('defs', {}, s('pattern', { id, width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, s('line', { x1: 0, x2: 0, y1: 0, y2: 7, stroke: ink.muted, 'stroke-width': 2, 'stroke-opacity': '0.75' })))) as unknown as Plot.Markish;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${formatValue(value)}`.replace(/^-/, '−');
}
