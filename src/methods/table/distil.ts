/** Distillation: a simple model that is taught to answer as the network does, and how often it does. */
import { ParameterReader, resolveParameters } from '../parameters';
import { depthOf, growTree, leafOf, leaves, type TreeLimits } from './cart';
import { allPredictions, allScores, askedFeatures, classesOf, drawnRows, rowOf, tableRows } from './rows';
import { scores } from './scoring';
import { forwardModels, linearOutputs, type LinearModel } from './sparseLinear';
import type { Surrogate, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * A decision tree (CART) or a sparse linear model fitted to the network's own answers on part of the table; fidelity is
 * how often it gives the same class, or how much of the score's variance it explains (R²), there and on the rows that
 * were held out. Trees cut categories by their place in the list; missing values go right. Linear models leave
 * categories and rows with missing values out.
 *
 * Craven and Shavlik 1995; Breiman et al. 1984 (CART). Preset `sklearn`: depth 5, as DecisionTreeClassifier.
 */
export const distil: TableMethod = {
  id: 'distil',
  title: 'Distillation',
  question: 'Which few rules, or which short sum, answer as the network does?',
  source: 'Craven and Shavlik 1995, NeurIPS 8; Breiman et al. 1984, Classification and Regression Trees',
  scope: 'surrogate',
  needs: [],
  parameters: [
    { name: 'surrogate', type: 'choice', choices: ['tree', 'linear'], default: 'tree', about: 'A decision tree, or a sum of few features.' },
    { name: 'maxDepth', type: 'integer', default: 5, minimum: 1, maximum: 30, about: 'Cuts from the root to a leaf (trees).' },
    { name: 'minLeaf', type: 'integer', default: 1, minimum: 1, maximum: 1_000_000, about: 'The fewest rows in a leaf (trees).' },
    { name: 'maxFeatures', type: 'integer', default: 10, minimum: 1, maximum: 1000, about: 'The most features with a coefficient (linear).' },
    { name: 'heldOut', type: 'number', default: 0.3, minimum: 0.01, maximum: 0.9, about: 'The share of rows that the fidelity is judged on.' },
    { name: 'maxRows', type: 'integer', default: 20_000, minimum: 0, maximum: 10_000_000, about: 'Rows, drawn at random; 0 takes all.' },
  ],
  presets: { sklearn: {}, rules: { maxDepth: 3, minLeaf: 5 }, linear: { surrogate: 'linear' } },
  applies: ({ data }) => (data.count >= 4 ? { applies: true } : { applies: false, reason: `A simpler model needs at least 4 rows to learn from and be judged by, found ${data.count}.` }),
  explain,
};

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed, given } = context, classes = model.task === 'classification';
  const reader = new ParameterReader(resolveParameters(distil, context.parameters).parameters), linear = reader.text('surrogate') === 'linear';
  const drawn = drawnRows(data.count, reader.number('maxRows'), seed), apart = Math.min(drawn.length - 1, Math.max(1, Math.round(drawn.length * reader.number('heldOut'))));
  const heldOut = await answers(context, given?.heldOut ? Int32Array.from(given.heldOut) : drawn.slice(0, apart));
  yield { done: 1, total: 3 };
  const train = await answers(context, given?.train ? Int32Array.from(given.train) : drawn.slice(apart));
  yield { done: 2, total: 3 };
  const finding = linear ? linearSurrogate(context, { train, heldOut }, reader.number('maxFeatures')) : treeSurrogate(context, { train, heldOut }, { maxDepth: reader.number('maxDepth'), minLeaf: reader.number('minLeaf'), signal: context.signal });
  yield { done: 3, total: 3, partial: finding };
  const best = finding.fidelity[finding.fidelity.length - 1], held = best?.heldOut ?? NaN, percent = `${(100 * held).toFixed(1)} %`;
  const left = linear ? model.features.filter(({ kind }) => kind === 'category').map(({ name }) => name) : [], missing = train.missing + heldOut.missing;
  return {
    finding,
    checks: [
      { id: 'fidelity', value: held, ok: held >= 0.9, message: best ? `On ${heldOut.rows.length} held-out rows it ${classes ? `gives the network's class for ${percent}` : `explains ${percent} of the score's variance`}${held >= 0.9 ? '.' : ': what it says is not all the network does.'}` : 'No feature helps: the network gives one answer everywhere, or every usable column is constant.' },
      ...(left.length ? [{ id: 'skipped', value: left.length, ok: false, message: `Categories have no place in a sum and were left out: ${left.join(', ')}.` }] : []),
      ...(missing ? [{ id: 'finite', value: missing, ok: false, message: `${missing} rows to which the network answers with no number were left out.` }] : []),
    ],
    chosen: { rows: train.rows.length, heldOutRows: heldOut.rows.length },
  };
}

function treeSurrogate(context: TableContext, { train, heldOut }: Sets, limits: TreeLimits): Surrogate {
  const { data, model } = context, width = model.features.length, asked = new Set(askedFeatures(context));
  const values = new Float64Array(train.rows.length * width);
  // A column that is not asked about says the same for every row: no cut can use it.
  train.rows.forEach((row, i) => asked.forEach((feature) => { values[i * width + feature] = data.values[row * width + feature]!; }));
  const tree = growTree({ rows: train.rows.length, features: width, values, targets: train.target, classes: train.classes }, limits);
  const fidelityOf = (set: Answers, depth: number): number => agreement(set, Float64Array.from(set.rows, (row) => {
    const { value } = leafOf(tree, rowOf(data, width, row), depth);
    return set.classes ? value.indexOf(Math.max(...value)) : value[0]!;
  }));
  const sizes = Array.from({ length: Math.max(1, depthOf(tree)) }, (_, i) => i + 1);
  return { kind: 'surrogate', tree, fidelity: sizes.map((size) => ({ size, train: fidelityOf(train, size), heldOut: fidelityOf(heldOut, size), leaves: leaves(tree, size) })) };
}

function linearSurrogate(context: TableContext, sets: Sets, most: number): Surrogate {
  const { data, model } = context, width = model.features.length, allowed = askedFeatures(context).filter((feature) => model.features[feature]!.kind !== 'category');
  const [train, heldOut] = [sets.train, sets.heldOut].map((set) => withoutGaps(context, set, allowed)) as [Answers, Answers], outputs = train.width;
  if (train.rows.length < 2) throw new Error(`too few rows without missing values for a linear model: found ${train.rows.length}, expected at least two`);
  const matrix = ({ rows }: Answers): Float64Array => {
    const out = new Float64Array(rows.length * width);
    rows.forEach((row, to) => allowed.forEach((feature) => { out[to * width + feature] = data.values[row * width + feature]!; }));
    return out;
  };
  const trainMatrix = matrix(train), heldOutMatrix = matrix(heldOut), models = forwardModels(trainMatrix, width, train.outputs, outputs, allowed, most), last = models[models.length - 1];
  const fidelityOf = (set: Answers, values: Float64Array, linear: LinearModel): number => {
    const said = linearOutputs(linear, values, width);
    return agreement(set, set.classes ? Float64Array.from(classesOf(said, model)) : said);
  };
  return {
    kind: 'surrogate', ...(last && { linear: { intercept: last.intercept, coefficients: last.coefficients, steps: models.map(({ intercept, coefficients }) => ({ intercept, coefficients })), deviations: deviations(trainMatrix, width) } }),
    fidelity: models.map((linear, i) => ({ size: i + 1, train: fidelityOf(train, trainMatrix, linear), heldOut: fidelityOf(heldOut, heldOutMatrix, linear) })),
  };
}

/** Standard deviation of each of `width` columns. */
function deviations(values: Float64Array, width: number): number[] {
  const rows = values.length / width, column = (at: number): number[] => Array.from({ length: rows }, (_, row) => values[row * width + at]!);
  return Array.from({ length: width }, (_, at) => {
    const own = column(at), mean = own.reduce((sum, value) => sum + value, 0) / rows;
    return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
  });
}

/** The rows that have a value of every one of these features. */
function withoutGaps({ data, model }: TableContext, set: Answers, features: readonly number[]): Answers {
  const { width } = set, kept = Int32Array.from(set.rows.keys()).filter((i) => features.every((feature) => !Number.isNaN(data.values[set.rows[i]! * model.features.length + feature]!)));
  return { ...set, rows: kept.map((i) => set.rows[i]!), target: Float64Array.from(kept, (i) => set.target[i]!), outputs: picked(set.outputs, width, kept) };
}

/** Some rows of a matrix of `width` columns. */
function picked(values: Float64Array, width: number, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, to) => out.set(values.subarray(row * width, (row + 1) * width), to * width));
  return out;
}

/** What the network answers to some rows. */
interface Answers {
  readonly rows: Int32Array;
  /** Class, or score. */
  readonly target: Float64Array;
  /** Classes a tree tells apart; 0 for values. */
  readonly classes: number;
  /** What a linear model is fitted to, [rows, width]. */
  readonly outputs: Float64Array;
  readonly width: number;
  /** Rows without an answer, left out. */
  readonly missing: number;
}

interface Sets { readonly train: Answers; readonly heldOut: Answers }

async function answers(context: TableContext, rows: Int32Array): Promise<Answers> {
  const { model, data } = context, width = model.features.length, made = tableRows(data, width, rows), classes = model.task === 'classification';
  const outputs = classes ? await allPredictions(context, made) : await allScores(context, made), each = classes ? model.outputs.length : 1;
  const kept = Int32Array.from(rows.keys()).filter((i) => outputs.subarray(i * each, (i + 1) * each).every(Number.isFinite));
  const own = picked(outputs, each, kept);
  if (kept.length === 0) throw new Error(`the network answers none of ${rows.length} rows with a number`);
  return { rows: kept.map((i) => rows[i]!), target: classes ? Float64Array.from(classesOf(own, model)) : own, classes: classes ? Math.max(2, each) : 0, outputs: own, width: each, missing: rows.length - kept.length };
}

/** The share of equal classes, or R². */
function agreement({ target, classes }: Pick<Answers, 'target' | 'classes'>, said: Float64Array): number {
  if (target.length === 0) return NaN;
  if (!classes) return scores.r2.of(said, target, { outputs: [] });
  return target.reduce((sum, value, row) => sum + (value === said[row] ? 1 : 0), 0) / target.length;
}
