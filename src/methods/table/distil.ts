/** Distillation: a simple model that is taught to answer as the network does, and how often it does. */
import { ParameterReader, resolveParameters } from '../parameters';
import { depthOf, growTree, leafOf, leaves } from './cart';
import { allPredictions, allScores, askedFeatures, classesOf, drawnRows, rowOf, tableRows } from './rows';
import { scores } from './scoring';
import { forwardModels, linearOutputs } from './sparseLinear';
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
  const { model, data, seed } = context, width = model.features.length, classes = model.task === 'classification';
  const reader = new ParameterReader(resolveParameters(distil, context.parameters).parameters), drawn = drawnRows(data.count, reader.number('maxRows'), seed);
  const apart = Math.min(drawn.length - 1, Math.max(1, Math.round(drawn.length * reader.number('heldOut')))), total = 1 + (reader.text('surrogate') === 'tree' ? reader.number('maxDepth') : reader.number('maxFeatures'));
  const sets = {
    heldOut: await answers(context, context.given?.heldOut ? Int32Array.from(context.given.heldOut) : drawn.slice(0, apart)),
    train: await answers(context, context.given?.train ? Int32Array.from(context.given.train) : drawn.slice(apart)),
  };
  yield { done: 1, total };
  const finding = reader.text('surrogate') === 'tree' ? treeOf(context, sets, reader) : linearOf(context, sets, reader);
  const best = finding.fidelity[finding.fidelity.length - 1], held = best?.heldOut ?? NaN;
  if (best) yield { done: total, total, partial: finding };
  const left = model.features.filter(({ kind }) => kind === 'category').map(({ name }) => name);
  return {
    finding,
    checks: [
      { id: 'fidelity', value: held, ok: held >= 0.9, message: best ? `On ${sets.heldOut.rows.length} held-out rows it ${classes ? `gives the network's class for ${(100 * held).toFixed(1)} %` : `explains ${(100 * held).toFixed(1)} % of the score's variance`}${held >= 0.9 ? '.' : ': what it says is not all the network does.'}` : 'No feature helps: the network gives one answer everywhere, or every usable column is constant.' },
      ...(reader.text('surrogate') === 'linear' && left.length ? [{ id: 'skipped', value: left.length, ok: false, message: `Categories have no place in a sum and were left out: ${left.join(', ')}.` }] : []),
      ...(sets.train.missing + sets.heldOut.missing ? [{ id: 'finite', value: sets.train.missing + sets.heldOut.missing, ok: false, message: `${sets.train.missing + sets.heldOut.missing} rows to which the network answers with no number were left out.` }] : []),
    ],
    chosen: { rows: sets.train.rows.length, heldOutRows: sets.heldOut.rows.length },
  };
  // `width` numbers a row.
  function treeOf(own: TableContext, { train, heldOut }: Sets, read: ParameterReader): Surrogate {
    const asked = askedFeatures(own), kept = new Set(asked), hidden = (row: Float64Array): Float64Array => (kept.size === width ? row : row.map((value, j) => (kept.has(j) ? value : 0)));
    const values = new Float64Array(train.rows.length * width);
    train.rows.forEach((row, i) => values.set(hidden(rowOf(data, width, row)), i * width));
    const tree = growTree({ rows: train.rows.length, features: width, values, targets: train.target, classes: train.classes }, { maxDepth: read.number('maxDepth'), minLeaf: read.number('minLeaf'), signal: own.signal });
    const fidelityAt = (set: Answers, depth: number): number => agreement(set, Float64Array.from(set.rows, (row) => {
      const { value } = leafOf(tree, rowOf(data, width, row), depth);
      return classes ? value.indexOf(Math.max(...value)) : value[0]!;
    }));
    const fidelity = Array.from({ length: Math.max(1, depthOf(tree)) }, (_, i) => ({ size: i + 1, train: fidelityAt(train, i + 1), heldOut: fidelityAt(heldOut, i + 1), leaves: leaves(tree, i + 1) }));
    return { kind: 'surrogate', tree, fidelity };
  }
  function linearOf(own: TableContext, { train, heldOut }: Sets, read: ParameterReader): Surrogate {
    const allowed = askedFeatures(own).filter((feature) => model.features[feature]!.kind !== 'category');
    const complete = ({ rows }: Answers): number[] => Array.from(rows.keys()).filter((i) => allowed.every((feature) => !Number.isNaN(data.values[rows[i]! * width + feature]!)));
    const matrix = (set: Answers, kept: readonly number[]): Float64Array => {
      const out = new Float64Array(kept.length * width);
      kept.forEach((i, to) => allowed.forEach((feature) => { out[to * width + feature] = data.values[set.rows[i]! * width + feature]!; }));
      return out;
    };
    const used = complete(train), judged = complete(heldOut), outputs = train.width, picked = (set: Answers, kept: readonly number[]): Float64Array => Float64Array.from(kept.flatMap((i) => [...set.outputs.subarray(i * outputs, (i + 1) * outputs)]));
    if (used.length < 2) throw new Error('too few rows without missing values for a linear model; expected at least two, found ' + used.length);
    const models = forwardModels(matrix(train, used), width, picked(train, used), outputs, allowed, read.number('maxFeatures'));
    const fidelityOf = (set: Answers, kept: readonly number[], index: number): number => {
      const said = linearOutputs(models[index]!, matrix(set, kept), width);
      return agreement({ ...set, target: Float64Array.from(kept, (i) => set.target[i]!) }, classes ? Float64Array.from(classesOf(said, { outputs: new Array<string>(outputs).fill('') })) : said);
    };
    const last = models[models.length - 1];
    return {
      kind: 'surrogate', ...(last && { linear: { intercept: last.intercept, coefficients: last.coefficients } }),
      fidelity: models.map((_, i) => ({ size: i + 1, train: fidelityOf(train, used, i), heldOut: fidelityOf(heldOut, judged, i) })),
    };
  }
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
  const own = Float64Array.from(Array.from(kept).flatMap((i) => [...outputs.subarray(i * each, (i + 1) * each)]));
  if (kept.length === 0) throw new Error(`the network answers none of ${rows.length} rows with a number`);
  return { rows: kept.map((i) => rows[i]!), target: classes ? Float64Array.from(classesOf(own, model)) : own, classes: classes ? Math.max(2, each) : 0, outputs: own, width: each, missing: rows.length - kept.length };
}

/** The share of equal classes, or R². */
function agreement({ target, classes }: Pick<Answers, 'target' | 'classes'>, said: Float64Array): number {
  if (target.length === 0) return NaN;
  if (!classes) return scores.r2.of(said, target, { outputs: [] });
  return target.reduce((sum, value, row) => sum + (value === said[row] ? 1 : 0), 0) / target.length;
}
