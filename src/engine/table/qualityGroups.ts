/** Groups of a table's rows, how the model does on each, and the gaps between them in words. */
import { meanOf, share, type Estimate } from '../../metrics/table/estimate';
import { gapOf, groupMean, groupRates, type Gap, type GroupFigure } from '../../metrics/table/groups';
import type { Levels } from '../../metrics/table/levels';
import type { GroupFigureId, GroupGap, GroupQuality, TableQuality } from '../../protocol/tableQuality';

/** Rows as they are compared, by place: what was said, what is true. Classes are told by what is 1. */
export type ComparedRows =
  | { readonly kind: 'classes'; readonly name: string; /** Of the class that is looked at. */ readonly actual: Uint8Array; readonly said: Uint8Array; /** Of any class. */ readonly right: Uint8Array; readonly squares: Float64Array; readonly errors: Float64Array }
  | { readonly kind: 'values'; readonly name: string; readonly residuals: Float64Array; readonly errors: Float64Array };

/** Fewer rows than this say little of a rate. */
const fewRows = 30;

/** @param worst numbers in the file of rows at these places, the worst first. */
export function groupQuality(levels: Levels, compared: ComparedRows, worst: (places: Int32Array) => number[]): NonNullable<TableQuality['group']> {
  const groups = levels.names.flatMap((name, level): GroupQuality[] => {
    const places = placesAt(levels.of, level);
    return places.length === 0 ? [] : [{ name, ...(compared.kind === 'classes' ? classGroup(compared, places) : valueGroup(compared, places)), numbers: worst(places) }];
  });
  return { column: levels.name, groups, gaps: compared.kind === 'classes' ? classGaps(groups, compared.name) : valueGaps(groups) };
}

function placesAt(of: Int16Array, level: number): Int32Array {
  const places: number[] = [];
  of.forEach((one, place) => { if (one === level) places.push(place); });
  return Int32Array.from(places);
}

type Figures = Omit<GroupQuality, 'name' | 'numbers'>;

function classGroup({ actual, said, right, squares }: Extract<ComparedRows, { kind: 'classes' }>, places: Int32Array): Figures {
  const { rows, positives, selected, ...rates } = groupRates(actual, said, places), square = groupMean(squares, places);
  const accuracy = share(places.reduce((sum, place) => sum + right[place]!, 0), rows);
  return { rows, positives, selected, ...figures({ ...rates, accuracy }), squaredError: square.value, standardError: square.standardError };
}

function valueGroup({ residuals }: Extract<ComparedRows, { kind: 'values' }>, places: Int32Array): Figures {
  const own = Float64Array.from(places, (place) => residuals[place]!), square = meanOf(own.map((value) => value * value));
  return { rows: places.length, ...figures({ meanError: meanOf(own.map(Math.abs)), bias: meanOf(own) }), squaredError: square.value, standardError: square.standardError };
}

/** Figures that are known, and the errors of each. */
function figures(all: Readonly<Partial<Record<GroupFigureId, Estimate>>>): Pick<GroupQuality, 'standardErrors'> & Partial<Record<GroupFigureId, number>> {
  const known = (Object.entries(all) as [GroupFigureId, Estimate][]).filter(([, { value }]) => Number.isFinite(value));
  return { ...Object.fromEntries(known.map(([id, { value }]) => [id, value])), standardErrors: Object.fromEntries(known.filter(([, { standardError }]) => Number.isFinite(standardError)).map(([id, { standardError }]) => [id, standardError])) };
}

function classGaps(groups: readonly GroupQuality[], name: string): GroupGap[] {
  const of = (figure: GroupFigureId, rows: (group: GroupQuality) => number): Compared | undefined => compare(groups.flatMap((group) => figureOf(group, figure, rows(group))));
  const selection = of('selectionRate', ({ rows }) => rows), truePositive = of('truePositiveRate', ({ positives = 0 }) => positives), falsePositive = of('falsePositiveRate', ({ rows, positives = 0 }) => rows - positives), accuracy = of('accuracy', ({ rows }) => rows);
  const odds = truePositive && falsePositive ? (truePositive.value >= falsePositive.value ? { gap: truePositive, figure: 'truePositiveRate' as const } : { gap: falsePositive, figure: 'falsePositiveRate' as const }) : undefined;
  return [
    ...gapWords('demographicParity', 'Demographic parity', 'selectionRate', selection, `of rows said to be '${name}'`, true),
    ...gapWords('equalOpportunity', 'Equal opportunity', 'truePositiveRate', truePositive, `of rows that are '${name}' are found`),
    ...gapWords('equalisedOdds', 'Equalised odds', odds?.figure ?? 'truePositiveRate', odds?.gap, odds?.figure === 'falsePositiveRate' ? `of rows that are not '${name}' are said to be` : `of rows that are '${name}' are found`),
    ...gapWords('accuracy', 'Accuracy', 'accuracy', accuracy, 'of rows are right'),
  ];
}

function valueGaps(groups: readonly GroupQuality[]): GroupGap[] {
  const of = (figure: GroupFigureId): Compared | undefined => compare(groups.flatMap((group) => figureOf(group, figure, group.rows)));
  return [...gapWords('meanError', 'Mean error', 'meanError', of('meanError'), ''), ...gapWords('bias', 'Bias', 'bias', of('bias'), '')];
}

function figureOf(group: GroupQuality, figure: GroupFigureId, rows: number): GroupFigure[] {
  const value = group[figure];
  return value === undefined ? [] : [{ name: group.name, value, standardError: group.standardErrors[figure] ?? NaN, rows }];
}

interface Compared extends Gap {
  readonly leftOut: readonly string[];
  readonly small: boolean;
}

/** The largest gap between groups with rows enough; where fewer than two have them, between all. */
function compare(figures: readonly GroupFigure[]): Compared | undefined {
  const large = figures.filter(({ rows }) => rows >= fewRows), small = large.length < 2, gap = gapOf(small ? figures : large);
  return gap && { ...gap, small, leftOut: small ? [] : figures.filter(({ rows }) => rows < fewRows).map(({ name }) => name) };
}

function gapWords(id: GroupGap['id'], title: string, figure: GroupFigureId, gap: Compared | undefined, of: string, withRatio = false): GroupGap[] {
  if (!gap) return [];
  const { value, standardError, ratio, high, low, leftOut, small } = gap, rates = of !== '';
  const figureText = (number: number): string => (rates ? `${(100 * number).toFixed(1)} %` : String(Number(number.toPrecision(4))));
  const error = Number.isFinite(standardError) ? ` ± ${rates ? (100 * standardError).toFixed(1) : Number(standardError.toPrecision(2))}` : '';
  const words = [
    `${high.name}: ${figureText(high.value)}${of && ` ${of}`}, ${low.name}: ${figureText(low.value)}`,
    `a gap of ${rates ? `${(100 * value).toFixed(1)}${error} points` : `${figureText(value)}${error}`}${withRatio ? `, a ratio of ${ratio.toFixed(2)}` : ''}`,
    ...(leftOut.length ? [`left out, with fewer than ${fewRows} such rows: ${leftOut.join(', ')}`] : []),
    ...(small ? [`caution: ${high.rows < low.rows ? high.name : low.name} has only ${Math.min(high.rows, low.rows)} such ${Math.min(high.rows, low.rows) === 1 ? 'row' : 'rows'}`] : []),
  ].join('; ');
  const end = ({ name, value: number, rows }: GroupFigure): GroupGap['high'] => ({ name, value: number, rows });
  return [{ id, title, figure, value, standardError, ...(withRatio && { ratio }), high: end(high), low: end(low), leftOut, small, words }];
}
