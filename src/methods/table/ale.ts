/** Accumulated local effects: how the score moves along a feature, step by step, where the rows really are. */
import type { Applicability } from '../method';
import { ParameterReader, resolveParameters } from '../parameters';
import { binOf, centresOf, fewestRowsEdges, quantileEdges, withoutEmptyBins, type BinRule } from './bins';
import { askedFeatures, columnOf, drawnRows, finiteCheck, rowOf, rowsPerCall, scoresOf, sortedNumbers } from './rows';
import { anyNumbers } from './pdp';
import type { Curve, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * A row in the bin (z_k, z_k+1] tells f(row at z_k+1) − f(row at z_k). Their averages, bin by bin, are added up and
 * centred so that the average over rows is 0. Unlike partial dependence, no row is moved further than its own bin, so
 * features that go together do no harm.
 *
 * Apley and Zhu 2020, arXiv 1612.08468. Presets: `omnixai` (10 bins), `alepython` (the same, edges at values of the
 * table, the curve at bin centres), `alibi` (as many bins as leave at least 4 rows in each, the curve at bin edges).
 */
export const ale: TableMethod = {
  id: 'ale',
  title: 'Accumulated local effects',
  question: 'How does the score move along this feature, where rows really are?',
  source: 'Apley and Zhu 2020, arXiv 1612.08468',
  scope: 'global',
  needs: [],
  parameters: [
    { name: 'bins', type: 'integer', default: 10, minimum: 0, maximum: 1000, about: 'Bins of about as many rows each; 0 takes as many as leave minBinPoints in each.' },
    { name: 'minBinPoints', type: 'integer', default: 4, minimum: 1, maximum: 100_000, about: 'With 0 bins: the fewest rows a bin may hold.' },
    { name: 'edges', type: 'choice', choices: ['linear', 'lower'], default: 'linear', about: 'Whether bins end between values of the table (linear) or at one (lower).' },
    { name: 'at', type: 'choice', choices: ['edges', 'centres'], default: 'edges', about: 'Where the curve is given: at the edges of bins or in the middle of each.' },
    { name: 'maxRows', type: 'integer', default: 0, minimum: 0, maximum: 10_000_000, about: 'Rows that are averaged over, drawn at random; 0 takes all.' },
  ],
  presets: { omnixai: {}, alepython: { edges: 'lower', at: 'centres' }, alibi: { bins: 0 } },
  applies: (context) => ordered(context) ?? anyNumbers(context),
  explain,
};

/** Refuses where only categories are asked about: they have no order to walk along. */
export function ordered({ model, features }: Omit<TableContext, 'signal'>): Applicability | undefined {
  const asked = askedFeatures({ model, features });
  if (asked.some((feature) => model.features[feature]!.kind !== 'category')) return undefined;
  return { applies: false, reason: `'${model.features[asked[0]!]!.name}' is a category: its values have no order along which effects could add up. Partial dependence (pdp) takes categories.` };
}

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, rows = drawnRows(data.count, 0, seed);
  const reader = new ParameterReader(resolveParameters(ale, context.parameters).parameters), rule = reader.text('edges') as BinRule, bins = reader.number('bins');
  const asked = askedFeatures(context), usable = asked.filter((feature) => model.features[feature]!.kind !== 'category' && columnOf(data, width, feature).some((value) => !Number.isNaN(value)));
  const skipped = asked.filter((feature) => !usable.includes(feature)), most = reader.number('maxRows') || data.count, each = Math.max(1, rowsPerCall(width) >> 1);
  const curves: Curve[] = [], total = usable.length * Math.min(most, data.count);
  let done = 0, missing = 0, seen = 0, worst = 0, constant = 0;
  for (const feature of usable) {
    const sorted = sortedNumbers(columnOf(data, width, feature));
    const edges = context.given?.[`grid${feature}`] ?? withoutEmptyBins(bins > 0 ? quantileEdges(sorted, bins, rule) : fewestRowsEdges(sorted, reader.number('minBinPoints'), 1000, rule), sorted);
    const valueOf = (row: number): number => data.values[row * width + feature]!;
    const inBins = rows.filter((row) => !Number.isNaN(valueOf(row))).slice(0, most), sums = new BinSums(edges.length - 1);
    if (edges.length < 2) {
      // One value only: nothing moves along it.
      curves.push({ feature, grid: edges, values: new Float64Array(1), standardErrors: new Float64Array(1), counts: Int32Array.of(inBins.length) });
      constant++;
      done += inBins.length;
      continue;
    }
    const curve = (): Curve => ({ feature, ...sums.curve(edges, reader.text('at') as 'edges' | 'centres') });
    for (let start = 0; start < inBins.length; start += each) {
      const end = Math.min(inBins.length, start + each), scores = new Float64Array(2 * (end - start));
      const made = {
        count: scores.length,
        write: (index: number, into: Float64Array) => {
          const row = inBins[start + (index >> 1)]!;
          into.set(rowOf(data, width, row));
          into[feature] = edges[binOf(edges, valueOf(row)) + (index & 1)]!;
        },
      };
      for await (const batch of scoresOf(context, made)) scores.set(batch.scores, batch.start);
      for (let i = start; i < end; i++) sums.add(binOf(edges, valueOf(inBins[i]!)), scores[2 * (i - start) + 1]! - scores[2 * (i - start)]!);
      done += end - start;
      const partial = curve(), standardError = relativeError(partial);
      yield { done, total, partial: { kind: 'curves', curves: [...curves, partial] }, ...(standardError !== undefined && { standardError }) };
    }
    missing += sums.missing;
    seen += inBins.length;
    worst = Math.max(worst, ...sums.standardErrors());
    curves.push(curve());
  }
  return {
    finding: { kind: 'curves', curves },
    checks: [
      { id: 'standardError', value: worst, ok: Number.isFinite(worst), message: `No step from bin to bin is less sure than ±${worst.toPrecision(2)} (standard error).` },
      finiteCheck(missing, seen),
      ...(skipped.length ? [{ id: 'skipped', value: skipped.length, ok: false, message: `Left out, because they are categories or no row has a value: ${skipped.map((feature) => model.features[feature]!.name).join(', ')}.` }] : []),
      ...(constant ? [{ id: 'constant', value: constant, ok: false, message: `${constant} of ${usable.length} features have one value only in this table: nothing can move along them.` }] : []),
    ],
  };
}

/** The largest standard error beside how far the curve reaches; undefined while no bin has two rows. */
function relativeError({ values, standardErrors, counts }: Curve): number | undefined {
  if (!counts?.some((count) => count > 1)) return undefined;
  const reach = Math.max(...values) - Math.min(...values), error = Math.max(...standardErrors!);
  return error === 0 ? 0 : reach > 0 ? error / reach : Infinity;
}

/** Effects by bin, and what they add up to. */
class BinSums {
  missing = 0;
  private readonly counts: Int32Array;
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;

  constructor(bins: number) {
    this.counts = new Int32Array(Math.max(0, bins));
    this.sums = new Float64Array(Math.max(0, bins));
    this.squares = new Float64Array(Math.max(0, bins));
  }

  add(bin: number, effect: number): void {
    if (!Number.isFinite(effect)) {
      this.missing++;
      return;
    }
    this.counts[bin]!++;
    this.sums[bin]! += effect;
    this.squares[bin]! += effect * effect;
  }

  /** Of each bin's average effect; 0 where there are fewer than two rows. */
  standardErrors(): Float64Array {
    return this.sums.map((sum, bin) => {
      const n = this.counts[bin]!;
      return n > 1 ? Math.sqrt(Math.max(0, this.squares[bin]! - (sum * sum) / n) / (n - 1) / n) : 0;
    });
  }

  /** A bin without rows moves nothing. Standard errors are those of the sum of steps so far. */
  curve(edges: Float64Array, at: 'edges' | 'centres'): Omit<Curve, 'feature'> {
    const bins = this.counts.length, ends = new Float64Array(bins + 1), errors = new Float64Array(bins + 1), own = this.standardErrors();
    for (let bin = 0; bin < bins; bin++) {
      ends[bin + 1] = ends[bin]! + (this.counts[bin]! ? this.sums[bin]! / this.counts[bin]! : 0);
      errors[bin + 1] = Math.hypot(errors[bin]!, own[bin]!);
    }
    const middles = centresOf(ends), rows = this.counts.reduce((sum, count) => sum + count, 0);
    const mean = middles.reduce((sum, value, bin) => sum + (value * this.counts[bin]!) / (rows || 1), 0);
    const atCentres = at === 'centres';
    return { grid: atCentres ? centresOf(edges) : edges, values: (atCentres ? middles : ends).map((value) => value - mean), standardErrors: atCentres ? centresOf(errors) : errors, counts: this.counts.slice() };
  }
}
