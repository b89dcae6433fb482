/** Figures of each group side by side, with their standard errors, and the gaps between groups in words. */
import * as Plot from '@observablehq/plot';
import type { GroupFigureId, GroupGap, GroupQuality, TableQuality } from '../../../protocol/tableQuality';
import { h } from '../../common/dom';
import { formatNumber, formatPercent, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import type { ChartAbout, ChartOptions, Keeping } from '../plot';
import { fitting, ink, labelRoom } from '../plotColors';

type Grouped = NonNullable<TableQuality['group']>;

/** What stands in a group's panels. */
interface Shown {
  readonly id: GroupFigureId;
  readonly title: string;
  /** Shares are drawn from 0 to 1. */
  readonly share: boolean;
}

function figuresOf({ task }: TableQuality): readonly Shown[] {
  return task === 'classification' ? [
    { id: 'selectionRate', title: t('said to be it'), share: true }, { id: 'truePositiveRate', title: t('found (TPR)'), share: true }, { id: 'falsePositiveRate', title: t('wrongly said (FPR)'), share: true },
    { id: 'precision', title: t('precision'), share: true }, { id: 'accuracy', title: t('accuracy'), share: true },
  ] : [{ id: 'meanError', title: t('mean error'), share: false }, { id: 'bias', title: t('said − true'), share: false }];
}

interface Bar { readonly group: number; readonly value: number; readonly error: number; readonly rows: number }

const line = 22, head = 26, foot = 34;

/** Panels of bars, one for each figure: beside each other where there is room. */
export function groupChart(quality: TableQuality, { column, groups }: Grouped, keep: Keeping, choose: (group: GroupQuality) => void): { options: ChartOptions; about: ChartAbout } {
  const shown = figuresOf(quality), name = quality.outputs[quality.target]!;
  const options = (width: number): Plot.PlotOptions => {
    const room = labelRoom(groups.map((group) => group.name), Math.min(150, width * 0.3)), most = Math.max(1, Math.min(shown.length, Math.floor((width - room) / 122))), down = Math.ceil(shown.length / most), across = Math.ceil(shown.length / down);
    const panel = head + line * groups.length + foot, each = (width - room - 14) / across;
    return { height: down * panel, margin: 0, x: { type: 'identity', axis: null }, y: { type: 'identity', axis: null }, marks: shown.map((figure, place) => panelMarks({ figure, groups, each, left: room + 14 + (place % across) * each, top: Math.floor(place / across) * panel, labels: place % across === 0 ? room : 0 })) };
  };
  return {
    options,
    about: {
      title: quality.task === 'classification' ? t('Groups of {0}: rates of {1}', column, name) : t('Groups of {0}: errors of {1}', column, name), keep,
      description: t('{0} groups of {1}; the table below holds the figures.', groups.length, column), choose: Object.fromEntries(['chart-group', 'chart-bar'].map((mark) => [mark, (place: number) => choose(groups[place]!)])),
      table: {
        head: [column, t('rows'), ...shown.flatMap(({ title }) => [title, t('standard error')])],
        rows: groups.map((group) => [group.name, group.rows, ...shown.flatMap(({ id }) => [group[id] ?? NaN, group.standardErrors[id] ?? NaN])]), choose: (place) => choose(groups[place]!),
      },
    },
  };
}

interface Panel {
  readonly figure: Shown;
  readonly groups: readonly GroupQuality[];
  readonly each: number;
  readonly left: number;
  readonly top: number;
  /** Room for the groups' names on the left; 0 where another panel has them. */
  readonly labels: number;
}

/** One figure's bars in pixels: panels of different scales do not share an axis. */
function panelMarks({ figure: { id, title, share }, groups, each, left, top, labels }: Panel): Plot.Markish[] {
  const bars = groups.map((group, place): Bar => ({ group: place, value: group[id] ?? NaN, error: group.standardErrors[id] ?? 0, rows: group.rows })), known = bars.filter(({ value }) => Number.isFinite(value));
  const ends = known.flatMap(({ value, error }) => [value - error, value + error]), low = share ? 0 : Math.min(0, ...ends), high = share ? 1 : Math.max(0, ...ends) || 1, wide = each - 54;
  const x = (value: number): number => left + ((Math.min(high, Math.max(low, value)) - low) / (high - low || 1)) * wide, y = (place: number): number => top + head + line * (place + 0.5), bottom = top + head + line * groups.length;
  const text = (value: number): string => (share ? `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %` : formatValue(value).replace(/^-/, '−'));
  return [
    Plot.text([title], { x: left, y: top + 12, textAnchor: 'start', fill: ink.text, text: (d: string) => fitting(d, each - 8) }),
    Plot.link([0], { x1: x(0), x2: x(0), y1: top + head, y2: bottom, stroke: ink.muted }),
    Plot.rect(bars, { x1: ({ value }) => Math.min(x(0), x(value)), x2: ({ value }) => Math.max(x(0), x(value)), y1: ({ group }) => y(group) - 7, y2: ({ group }) => y(group) + 7, fill: ink.main, fillOpacity: ({ rows }) => (rows < 30 ? 0.4 : 1), className: 'chart-bar' }),
    Plot.link(known, { x1: ({ value, error }) => x(value - error), x2: ({ value, error }) => x(value + error), y1: ({ group }) => y(group), y2: ({ group }) => y(group), stroke: ink.text, strokeWidth: 1.2, className: 'chart-error' }),
    Plot.text(known, { x: ({ value, error }) => x(Math.max(value + error, 0)) + 5, y: ({ group }) => y(group), textAnchor: 'start', text: ({ value }) => text(value), fill: ink.muted, className: 'chart-value' }),
    ...(labels > 0 ? [Plot.text(groups, { x: left - 10, y: (_, place) => y(place), textAnchor: 'end', text: (group: GroupQuality) => fitting(group.name, labels), title: (group: GroupQuality) => t('{0}: {1} rows', group.name, formatNumber(group.rows)), className: 'chart-group' })] : []),
  ];
}

/** The gaps in sentences, with a caution where a group is small. */
export function gapList(quality: TableQuality, { gaps, groups }: Grouped): HTMLElement {
  const name = quality.outputs[quality.target]!, small = groups.filter(({ rows }) => rows < 30);
  return h('div', { class: 'gaps' },
    h('ul', {}, ...gaps.map((gap) => h('li', { attributes: { 'data-gap': gap.id } }, h('strong', {}, gapTitle(gap)), h('span', {}, gapWords(gap, name)), gap.small && h('span', { class: 'caution' }, icon('warning'), t('A group has fewer than 30 such rows: this says little.'))))),
    small.length > 0 && h('p', { class: 'sentence' }, t('Groups with fewer than 30 rows are drawn pale: {0}.', small.map((group) => group.name).join(', '))),
    h('p', { class: 'sentence' }, t('Bars and gaps have one standard error of their rows. A gap tells that groups are treated differently, not why; groups can differ in what is true of them.')));
}

function gapTitle({ id }: GroupGap): string {
  switch (id) {
    case 'demographicParity': return t('Demographic parity');
    case 'equalOpportunity': return t('Equal opportunity');
    case 'equalisedOdds': return t('Equalised odds');
    case 'accuracy': return t('Accuracy');
    case 'meanError': return t('Mean error');
    case 'bias': return t('Bias');
  }
}

function gapWords({ id, figure, value, standardError, ratio, high, low, leftOut }: GroupGap, name: string): string {
  const rates = figure !== 'meanError' && figure !== 'bias', text = (number: number): string => (rates ? formatPercent(number) : formatValue(number).replace(/^-/, '−'));
  const gap = rates ? t('{0} points', `${(100 * value).toFixed(1)} ± ${(100 * standardError).toFixed(1)}`) : `${formatValue(value)} ± ${formatValue(standardError)}`;
  const about = id === 'demographicParity' ? t('rows said to be {0}', name) : figure === 'truePositiveRate' ? t('rows of {0} that are found', name) : figure === 'falsePositiveRate' ? t('other rows said to be {0}', name) : id === 'accuracy' ? t('rows that are right') : id === 'bias' ? t('said − true') : t('mean error');
  return [
    t('{0}: {1} of {2}, {3} of {4}; a gap of {5}', about, text(high.value), high.name, text(low.value), low.name, gap), ratio === undefined ? '' : t(', a ratio of {0}', ratio.toFixed(2)), '.',
    leftOut.length === 0 ? '' : ` ${t('Left out, with fewer than 30 such rows: {0}.', leftOut.join(', '))}`,
  ].join('');
}
