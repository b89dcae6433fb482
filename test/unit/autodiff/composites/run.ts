/** Runs a tiny model with a composite, on one input `x`. */
import type { CompositeSpec } from '../../../../src/autodiff/composites';
import { buildGradientModel } from '../../../../src/autodiff/gradientModel';
import type { Dialect } from '../../../../src/autodiff/rule';
import type { ModelFile } from '../../../../src/graph/graph';
import type { Random } from '../random';
import { count, runSession, type Values } from '../runGraph';
import { openModelSession } from '../wholeModel';

export interface CompositeRun {
  /** What arrived at `x`: a relevance, a multiplier, a guided gradient. */
  readonly result: readonly number[];
  readonly score: number;
  readonly figures: Readonly<Record<string, Values>>;
}

export const values = (dims: readonly number[], data: readonly number[]): Values => ({ dtype: 'float32', dims, data: data.map(Math.fround) });

export function randomValues(random: Random, dims: readonly number[], low = -1, high = 1): Values {
  return values(dims, Array.from({ length: count(dims) }, () => random.float(low, high)));
}

/** Propagates from element `index` of `y` back to `x`; `baseline` for composites that compare with one. */
export async function runComposite(model: ModelFile, composite: CompositeSpec | undefined, x: Values, index = 0, baseline?: Values, dialect: Dialect = 'cpu'): Promise<CompositeRun> {
  const built = buildGradientModel({ model, inputDims: { x: x.dims }, target: { output: 'y', space: 'output' }, wrt: ['x'], dialect, ...(composite && { composite }) });
  const session = await openModelSession(built.model);
  const references = Object.fromEntries(Object.values(built.referenceInputs).map((name) => [name, baseline!]));
  const found = await runSession(session, { x, ...references, [built.targetInput]: { dtype: 'int64', dims: [1], data: [index] } });
  await session.release();
  return {
    // + 0: a zero with a sign is a zero.
    result: found[built.gradients.x!]!.data.map((value) => value + 0), score: found[built.scoreOutput]!.data[0]!,
    figures: Object.fromEntries(Object.entries(built.figures).map(([name, output]) => [name, found[output]!])),
  };
}

export const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
