/** Accumulated local effects of two features: what they do together beyond what each does alone. */
import { ParameterReader, resolveParameters } from '../parameters';
import { ordered } from './ale';
import { binOf, centresOf, quantileEdges, withoutEmptyBins, type BinRule } from './bins';
import { askedPair, supportCheck, twoFeatures } from './pdp2d';
import { columnOf, drawnRows, finiteCheck, rowOf, rowsPerCall, scoresOf, sortedNumbers } from './rows';
import type { Surface, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * A row in a cell tells [f(up, up) − f(up, down)] − [f(down, up) − f(down, down)] at the cell's corners. The averages are
 * added up along both features, what each feature does alone is taken off, and the rest is centred over the rows. Cells
 * without rows take the value of a cell that has some, and are marked.
 *
 * Apley and Zhu 2020, arXiv 1612.08468, section 3. Preset `alepython` fills cells as that library does: it looks
 * neighbours up by the coordinates of other cells.
 */
export const ale2d: TableMethod = {
  id: 'ale-2d',
  title: 'Accumulated local effects of two features',
  question: 'What do these two features do together that neither does alone?',
  source: 'Apley and Zhu 2020, arXiv 1612.08468',
  scope: 'global',
  needs: ['twoFeatures'],
  parameters: [
    { name: 'bins', type: 'integer', default: 10, minimum: 1, maximum: 200, about: 'Bins of each feature, of about as many rows each.' },
    { name: 'edges', type: 'choice', choices: ['linear', 'lower'], default: 'linear', about: 'Whether bins end between values of the table (linear) or at one (lower).' },
    { name: 'fill', type: 'choice', choices: ['nearest', 'alepython'], default: 'nearest', about: 'Whose effect a cell without rows takes: the nearest one\'s (each feature measured by its range), or the one that ALEPython takes.' },
    { name: 'maxRows', type: 'integer', default: 0, minimum: 0, maximum: 10_000_000, about: 'Rows that are averaged over, drawn at random; 0 takes all.' },
  ],
  presets: { omnixai: {}, alepython: { edges: 'lower', fill: 'alepython' } },
  applies: (context) => {
    const refused = context.features.map((feature) => ordered({ ...context, features: [feature] })).find((answer) => answer !== undefined);
    return refused ?? twoFeatures(context);
  },
  explain,
};

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, [a, b] = askedPair(context);
  const reader = new ParameterReader(resolveParameters(ale2d, context.parameters).parameters);
  const edgesOf = (feature: number): Float64Array => {
    const sorted = sortedNumbers(columnOf(data, width, feature));
    return context.given?.[`grid${feature}`] ?? withoutEmptyBins(quantileEdges(sorted, reader.number('bins'), reader.text('edges') as BinRule), sorted);
  };
  const edges = [edgesOf(a), edgesOf(b)] as const;
  for (const [k, feature] of [a, b].entries()) if (edges[k]!.length < 2) throw new Error(`'${model.features[feature]!.name}' has one value only in this table; effects along it need at least two`);
  const value = (row: number, feature: number): number => data.values[row * width + feature]!;
  const rows = drawnRows(data.count, 0, seed).filter((row) => !Number.isNaN(value(row, a)) && !Number.isNaN(value(row, b))).slice(0, reader.number('maxRows') || data.count);
  const cells = new Cells(edges), each = Math.max(1, rowsPerCall(width) >> 2), total = rows.length;
  const surface = (): Surface => ({ kind: 'surface', features: [a, b], grids: [centresOf(edges[0]), centresOf(edges[1])], ...cells.surface(reader.text('fill') as 'nearest' | 'alepython') });
  for (let start = 0; start < total; start += each) {
    const end = Math.min(total, start + each), scores = new Float64Array(4 * (end - start));
    const made = {
      count: scores.length,
      write: (index: number, into: Float64Array) => {
        const row = rows[start + (index >> 2)]!;
        into.set(rowOf(data, width, row));
        into[a] = edges[0][binOf(edges[0], value(row, a)) + ((index >> 1) & 1)]!;
        into[b] = edges[1][binOf(edges[1], value(row, b)) + (index & 1)]!;
      },
    };
    for await (const batch of scoresOf(context, made)) scores.set(batch.scores, batch.start);
    for (let i = start; i < end; i++) {
      const [none, onlyB, onlyA, both] = scores.subarray(4 * (i - start), 4 * (i - start) + 4) as unknown as [number, number, number, number];
      cells.add(binOf(edges[0], value(rows[i]!, a)), binOf(edges[1], value(rows[i]!, b)), both - onlyA - (onlyB - none));
    }
    yield { done: end, total, partial: surface() };
  }
  const finding = surface();
  return { finding, checks: [supportCheck(finding.unsupported!), finiteCheck(cells.missing, total)], chosen: { rows: total } };
}

class Cells {
  missing = 0;
  private readonly counts: Float64Array;
  private readonly sums: Float64Array;
  private readonly m: number;
  private readonly n: number;

  constructor(private readonly edges: readonly [Float64Array, Float64Array]) {
    this.m = edges[0].length - 1;
    this.n = edges[1].length - 1;
    this.counts = new Float64Array(this.m * this.n);
    this.sums = new Float64Array(this.m * this.n);
  }

  add(i: number, j: number, effect: number): void {
    if (!Number.isFinite(effect)) {
      this.missing++;
      return;
    }
    this.counts[i * this.n + j]!++;
    this.sums[i * this.n + j]! += effect;
  }

  surface(fill: 'nearest' | 'alepython'): { values: Float64Array; unsupported: Uint8Array } {
    const { m, n, counts } = this, wide = n + 1, effects = this.filled(fill), corners = new Float64Array((m + 1) * wide);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) corners[(i + 1) * wide + j + 1] = effects[i * n + j]! + corners[i * wide + j + 1]! + corners[(i + 1) * wide + j]! - corners[i * wide + j]!;
    }
    // What the first feature does alone, then (of what is left) the second: steps averaged over the rows beside them.
    const at = (i: number, j: number): number => corners[i * wide + j]!;
    const alone = (outer: number, inner: number, step: (o: number, k: number) => number, count: (o: number, k: number) => number): Float64Array => {
      const sums = new Float64Array(outer + 1);
      for (let o = 0; o < outer; o++) {
        let weighted = 0, weights = 0;
        for (let k = 0; k < inner; k++) {
          weighted += ((step(o, k) + step(o, k + 1)) / 2) * count(o, k);
          weights += count(o, k);
        }
        sums[o + 1] = sums[o]! + (weights > 0 ? weighted / weights : 0);
      }
      return sums;
    };
    const first = alone(m, n, (i, j) => at(i + 1, j) - at(i, j), (i, j) => counts[i * n + j]!);
    for (let i = 0; i <= m; i++) for (let j = 0; j <= n; j++) corners[i * wide + j]! -= first[i]!;
    const second = alone(n, m, (j, i) => at(i, j + 1) - at(i, j), (j, i) => counts[i * n + j]!);
    for (let i = 0; i <= m; i++) for (let j = 0; j <= n; j++) corners[i * wide + j]! -= second[j]!;
    const values = new Float64Array(m * n), unsupported = Uint8Array.from(counts, (count) => (count === 0 ? 1 : 0));
    let mean = 0, rows = 0;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        values[i * n + j] = (at(i, j) + at(i + 1, j) + at(i, j + 1) + at(i + 1, j + 1)) / 4;
        mean += values[i * n + j]! * counts[i * n + j]!;
        rows += counts[i * n + j]!;
      }
    }
    return { values: values.map((value) => value - mean / (rows || 1)), unsupported };
  }

  /** Average effects; in cells without rows, those of another cell. */
  private filled(fill: 'nearest' | 'alepython'): Float64Array {
    const { n, counts } = this, effects = this.sums.map((sum, cell) => (counts[cell]! ? sum / counts[cell]! : 0));
    const centres = this.edges.map(centresOf), scale = this.edges.map((list) => (fill === 'nearest' ? list[list.length - 1]! - list[0]! : 1));
    const held = Array.from(counts.keys()).filter((cell) => counts[cell]! > 0);
    if (held.length === 0) return effects;
    const x = (cell: number): number => centres[0]![Math.floor(cell / n)]!, y = (cell: number): number => centres[1]![cell % n]!;
    return effects.map((effect, cell) => {
      if (counts[cell]! > 0) return effect;
      // ALEPython asks for the neighbours of a point made of the coordinates of the i-th and the j-th cell with rows.
      const fromX = fill === 'nearest' ? cell : held[Math.floor(cell / n)], fromY = fill === 'nearest' ? cell : held[cell % n];
      if (fromX === undefined || fromY === undefined) return 0;
      let best = held[0]!, least = Infinity;
      for (const other of held) {
        const distance = ((x(other) - x(fromX)) / scale[0]!) ** 2 + ((y(other) - y(fromY)) / scale[1]!) ** 2;
        if (distance < least) [best, least] = [other, distance];
      }
      return effects[best]!;
    });
  }
}
