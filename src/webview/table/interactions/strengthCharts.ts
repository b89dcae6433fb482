/** How much pairs of features do together: a ranked list, and every pair as a cell. */
import * as Plot from '@observablehq/plot';
import type { Feature, Interactions } from '../../../protocol/table';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Keeping } from '../plot';
import { fitting, ink, labelRoom, rampLegend, strengthRamp, titled } from '../plotColors';

export interface StrengthView {
  readonly finding: Interactions;
  readonly features: readonly Feature[];
  /** In words: 'H', or the score's unit. */
  readonly unit: string;
  readonly chosen?: readonly [number, number];
  readonly keep: Keeping;
  choosePair(a: number, b: number): void;
}

const line = 24, ranked = 12;

function samePair(one: readonly [number, number] | undefined, other: readonly [number, number]): boolean {
  return !!one && ((one[0] === other[0] && one[1] === other[1]) || (one[0] === other[1] && one[1] === other[0]));
}

/** The strongest pairs as bars, with twice their standard errors. */
export function rankedPairs({ finding, features, unit, chosen, keep, choosePair }: StrengthView): { options: ChartOptions; about: ChartAbout } {
  const name = ([a, b]: readonly [number, number]): string => `${features[a]!.name} × ${features[b]!.name}`, bars = finding.pairs.slice(0, ranked), go = (i: number): void => { const pair = finding.pairs[i]?.features; if (pair) choosePair(...pair); };
  const options = (width: number): Plot.PlotOptions => {
    const room = labelRoom(bars.map((pair) => name(pair.features)), Math.min(260, width * 0.45)), at = bars.findIndex((pair) => samePair(chosen, pair.features));
    return {
      height: 24 + 46 + line * bars.length, marginTop: 24, marginBottom: 46, marginLeft: room + 14, marginRight: 16, y: { domain: [-0.5, bars.length - 0.5], reverse: true, axis: null },
      x: { ...titled(unit, width - room - 4), grid: true, zero: true, nice: true, ticks: Math.max(2, Math.floor((width - room) / 80)) },
      marks: [
        at >= 0 ? Plot.rectY([at], { x1: null, x2: null, y1: (d: number) => d - 0.5, y2: (d: number) => d + 0.5, fill: ink.faint, className: 'chosen-pair' }) : null,
        Plot.text(bars, { x: null, y: (_, i) => i, frameAnchor: 'left', dx: -8, textAnchor: 'end', text: (pair) => fitting(name(pair.features), room), title: (pair) => name(pair.features), className: 'pair' }),
        Plot.rect(bars, { x1: 0, x2: 'value', y1: (_, i) => i - 0.32, y2: (_, i) => i + 0.32, fill: ink.main, rx2: 2, className: 'bar' }),
        Plot.link(bars.filter(({ standardError }) => standardError !== undefined), { x1: (d) => Math.max(0, d.value - 2 * d.standardError!), x2: (d) => d.value + 2 * d.standardError!, y1: (_, i) => i, y2: (_, i) => i, stroke: ink.text, strokeWidth: 1.2, className: 'error' }),
        Plot.ruleX([0], { stroke: ink.muted }),
      ],
    };
  };
  const first = bars[0];
  return {
    options,
    about: {
      title: t('The strongest pairs'), keep, description: first ? t('{0} pairs of features; {1} do most together: {2}.', finding.pairs.length, name(first.features), formatValue(first.value)) : t('No pairs yet.'),
      table: { head: [t('Pair'), unit, t('standard error')], rows: finding.pairs.map(({ features: pair, value, standardError }) => [name(pair), value, standardError ?? NaN]), choose: go },
      choose: { pair: go, bar: go },
    },
  };
}

interface Cell { readonly x: number; readonly y: number; readonly pair: readonly [number, number]; readonly value: number; readonly fill: string }

/** Every pair that was looked at as a cell, on both sides of the diagonal. */
export function pairMatrix({ finding, features, unit, chosen, keep, choosePair }: StrengthView): { options: ChartOptions; about: ChartAbout } {
  const places = [...new Set(finding.pairs.flatMap((pair) => pair.features))].sort((a, b) => a - b), most = Math.max(1e-12, ...finding.pairs.map(({ value }) => value));
  const cells = finding.pairs.flatMap(({ features: [a, b], value }) => ([[a, b], [b, a]] as const).map(([one, other]) => ({ x: places.indexOf(one), y: places.indexOf(other), pair: [one, other] as const, value })));
  const options = (width: number): Plot.PlotOptions => {
    const ramp = strengthRamp(), names = places.map((place) => features[place]!.name), room = labelRoom(names, Math.min(150, width * 0.3)), size = Math.min(46, (width - room - 30) / places.length), drawn: Cell[] = cells.map((cell) => ({ ...cell, fill: ramp(cell.value / most) })), below = Math.min(110, labelRoom(names, 150) * 0.75 + 14);
    const marginRight = Math.max(16, width - (room + 14) - size * places.length);
    return {
      height: 40 + size * places.length + below, marginTop: 40, marginBottom: below, marginLeft: room + 14, marginRight,
      x: { domain: [-0.5, places.length - 0.5], ticks: places.map((_, i) => i), tickFormat: (i: number) => fitting(names[i] ?? '', 110), tickRotate: -40, tickSize: 0, label: null }, y: { domain: [-0.5, places.length - 0.5], reverse: true, axis: null },
      marks: [
        Plot.text(names, { x: null, y: (_, i) => i, frameAnchor: 'left', dx: -8, textAnchor: 'end', text: (name: string) => fitting(name, room), className: 'names' }),
        Plot.rect(drawn, { x1: (d) => d.x - 0.5, x2: (d) => d.x + 0.5, y1: (d) => d.y - 0.5, y2: (d) => d.y + 0.5, fill: { value: 'fill', scale: null } as never, stroke: ink.faint, inset: 0.5, className: 'cells' }),
        Plot.rect(drawn.filter(({ pair }) => samePair(chosen, pair)), { x1: (d) => d.x - 0.5, x2: (d) => d.x + 0.5, y1: (d) => d.y - 0.5, y2: (d) => d.y + 0.5, stroke: ink.chosen, strokeWidth: 2, className: 'chosen-pair' }),
        Plot.tip(drawn, Plot.pointer({ x: 'x', y: 'y', maxRadius: 30, lineHeight: 1.25, title: (d: Cell) => `${features[d.pair[0]]!.name} × ${features[d.pair[1]]!.name}\n${unit}: ${formatValue(d.value)}` })),
        rampLegend({ ramp, title: fitting(unit, width - 150), low: '0', high: formatValue(most), right: 16 }),
      ],
    };
  };
  return {
    options,
    about: {
      title: t('Every pair'), keep, description: t('A matrix of {0} features: the stronger a cell’s colour, the more its two features do together.', places.length),
      table: { head: ['', ...places.map((place) => features[place]!.name)], rows: places.map((one, y) => [features[one]!.name, ...places.map((_, x) => cells.find((cell) => cell.x === x && cell.y === y)?.value ?? NaN)]) },
      choose: { cells: (i) => { const pair = cells[i]?.pair; if (pair) choosePair(...pair); } },
    },
  };
}
