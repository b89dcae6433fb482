/**
 * A network that was trained on scaled numbers answers nearly the same for every row of plain ones. Where nobody stated
 * how numbers are scaled, the usual ways are tried on some rows; a better one is offered, never taken.
 */
import type { TableScalings, TableScaling, TableFit } from '../../protocol/table';
import type { Rows } from '../../methods/table/tableMethod';
import type { MappedFeature } from './mapping';
import { mappingInfo } from './mappingWords';
import { best, fitOf, type OpenedTable } from './openedTable';
import { EngineTableModel } from './tableModel';

const mostRows = 500;
/** From this share on the same answer for everything is worth a word. */
const nearlyAll = 0.98;
/** A fit that is as good as this needs no other scaling. */
const goodEnough = 0.97;

/** @returns undefined where scaling is stated, nothing is a number, or the numbers are read well as they are. */
export async function otherScalings(opened: OpenedTable, signal: AbortSignal): Promise<TableScalings | undefined> {
  const { row, mapping: { features }, meaning, data, labels } = opened;
  const plain = features.filter(({ encoding }) => encoding.kind === 'number');
  if (Object.keys(row.stated).length > 0 || plain.length === 0 || meaning.reading === 'class' || plain.some(({ encoding }) => encoding.kind === 'number' && (encoding.offset !== 0 || encoding.factor !== 1))) return undefined;
  // Rows from everywhere: files are often sorted by what is predicted.
  const count = Math.min(mostRows, data.count), places = Array.from({ length: count }, (_, at) => Math.floor((at * data.count) / count)), width = features.length;
  const rows: Rows = { count, values: new Float64Array(count * width) };
  places.forEach((place, at) => rows.values.set(data.values.subarray(place * width, (place + 1) * width), at * width));
  const truth = labels && Float64Array.from(places, (place) => labels[place]!);
  const tried: TableScaling[] = [];
  for (const kind of ['none', 'standardise', 'range'] as const) {
    const scaled = kind === 'none' ? features : features.map((feature) => withScale(opened, feature, kind));
    tried.push({ kind, ...await measure(opened, scaled, rows, truth, signal), entry: mappingInfo(opened.table, row, { ...opened.mapping, features: scaled }).entry });
    if (kind === 'none' && !isDoubtful(tried[0]!)) return undefined;
  }
  const better = tried.slice(1).filter((one) => isBetter(one, tried[0]!)).sort((a, b) => (b.fit?.value ?? 0) - (a.fit?.value ?? 0) || a.sameAnswer - b.sameAnswer)[0];
  // Trees and hard problems are no better scaled: that is worth no word, unless the model says the same of everything.
  if (!better && tried[0]!.sameAnswer < nearlyAll) return undefined;
  return { rows: count, tried, ...(better && { better: better.kind }) };
}

/** The feature, scaled by what the table's own rows say. */
function withScale({ table }: OpenedTable, mapped: MappedFeature, kind: 'standardise' | 'range'): MappedFeature {
  if (mapped.encoding.kind !== 'number') return mapped;
  const { mean, deviation, minimum, maximum } = spreadOf(table.columns[mapped.columns[0]!]!.numbers), spread = kind === 'range' ? maximum - minimum : deviation;
  const short = (value: number): number => Number(value.toPrecision(7));
  return spread > 0 ? { ...mapped, encoding: { kind: 'number', offset: short(kind === 'range' ? minimum : mean), factor: 1 / short(spread) } } : mapped;
}

/** Of the values that are there; NaN of none. */
export function spreadOf(numbers: Float64Array): { mean: number; deviation: number; minimum: number; maximum: number } {
  let count = 0, mean = 0, squares = 0, minimum = Infinity, maximum = -Infinity;
  for (const value of numbers) {
    if (Number.isNaN(value)) continue;
    const apart = value - mean;
    mean += apart / ++count;
    squares += apart * (value - mean);
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return count ? { mean, deviation: Math.sqrt(squares / count), minimum, maximum } : { mean: NaN, deviation: NaN, minimum: NaN, maximum: NaN };
}

async function measure({ model, row, meaning }: OpenedTable, features: readonly MappedFeature[], rows: Rows, truth: Float64Array | undefined, signal: AbortSignal): Promise<{ fit?: TableFit; sameAnswer: number }> {
  const probe = await EngineTableModel.make({ model, row, features, meaning, target: 0, space: 'probability', signal }), said = await probe.predict(rows), width = meaning.outputs.length;
  const fit = truth && fitOf(said, truth, width, meaning.task);
  return { sameAnswer: sameAnswer(said, rows.count, width, meaning.task), ...(fit && { fit }) };
}

/** Share of rows with the most frequent answer: a class; of values, those within a thousandth of their median. */
function sameAnswer(said: Float64Array, count: number, width: number, task: string): number {
  if (task === 'classification') {
    const counts = new Array<number>(width).fill(0);
    for (let at = 0; at < count; at++) counts[best(said, at, width)]!++;
    return Math.max(...counts) / count;
  }
  const values = Float64Array.from({ length: count }, (_, at) => said[at * width]!), median = Float64Array.from(values).sort()[count >> 1]!, near = 1e-3 * Math.max(1e-6, Math.abs(median));
  return values.filter((value) => Math.abs(value - median) <= near).length / count;
}

function isDoubtful({ fit, sameAnswer }: Omit<TableScaling, 'kind' | 'entry'>): boolean {
  return fit ? fit.value < goodEnough : sameAnswer >= nearlyAll;
}

/** Better than chance can make it: by three standard errors of a difference of two shares, and by five hundredths. */
function isBetter(one: TableScaling, plain: TableScaling): boolean {
  if (!one.fit || !plain.fit) return one.sameAnswer < 0.9 && plain.sameAnswer >= nearlyAll;
  const p = one.fit.kind === 'accuracy' ? Math.min(1, Math.max(0, plain.fit.value)) : 0.5;
  return one.fit.value - plain.fit.value > Math.max(0.05, 3 * Math.sqrt((2 * p * (1 - p)) / one.fit.rows)) && one.fit.value > (one.fit.chance ?? 0);
}
