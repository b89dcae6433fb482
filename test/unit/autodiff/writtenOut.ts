/** Checks operators that are written out in elementary ones before they are differentiated. */
import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { ModelFile } from '../../../src/graph/graph';
import type { Random } from './random';
import { count, openSession, runSession, type Values } from './runGraph';

export interface WrittenOut {
  /** Fed besides `x`. */
  readonly feeds?: Readonly<Record<string, Values>>;
  /** Op types that must be gone. */
  readonly gone: readonly string[];
  readonly what: string;
  readonly step?: number;
  readonly tolerance?: number;
  /** Values of x come from here; default −1…1. */
  readonly range?: readonly [number, number];
}

/**
 * The written-out graph gives what the operator gives, and its gradient is that of the operator's central differences:
 * for every input sample, its own target and random directions. The model goes from `x` [batch, …] to `y` [batch, classes].
 */
export async function checkWrittenOut(model: ModelFile, random: Random, { feeds = {}, gone, what, step = 1e-2, tolerance = 2e-3, range = [-1, 1] }: WrittenOut): Promise<void> {
  const dimsOf = (name: string): readonly number[] => {
    const { type } = model.graph.inputs.find((input) => input.name === name)!;
    assert.ok(type.kind === 'tensor' && type.dims);
    return type.dims as readonly number[];
  };
  const dims = dimsOf('x'), batch = dims[0]!;
  const x: Values = { dtype: 'float32', dims, data: Array.from({ length: count(dims) }, () => Math.fround(random.float(...range))) };
  const inputDims = Object.fromEntries(model.graph.inputs.map(({ name }) => [name, dimsOf(name)]));
  const target = Array.from({ length: batch }, (_, row) => row + 1);
  const gradient = buildGradientModel({ model, inputDims, target: { output: 'y', space: 'output' }, wrt: ['x'], fetch: ['y'] });
  assert.deepEqual(gradient.model.graph.nodes.filter(({ opType }) => gone.includes(opType)), [], `${what}: written out`);
  const backward = await openSession(gradient.model), forward = await openSession(model);
  try {
    const results = await runSession(backward, { ...feeds, x, [gradient.targetInput]: { dtype: 'int64', dims: [batch], data: target } });
    const y = (await runSession(forward, { ...feeds, x })).y!;
    const largest = Math.max(1, ...y.data.map(Math.abs));
    assert.deepEqual(results[gradient.fetched.y!]!.dims, y.dims, what);
    results[gradient.fetched.y!]!.data.forEach((value, index) => assert.ok(Math.abs(value - y.data[index]!) < 1e-5 * largest, `${what}: y[${index}] is ${value}, expected ${y.data[index]}`));
    const width = count(y.dims.slice(1));
    for (let repeat = 0; repeat < 3; repeat++) {
      const direction = x.data.map(() => random.float());
      const score = async (sign: number): Promise<number> => {
        const moved = { ...x, data: x.data.map((value, index) => value + sign * step * direction[index]!) };
        const { data } = (await runSession(forward, { ...feeds, x: moved })).y!;
        return target.reduce((sum, index, row) => sum + data[row * width + index]!, 0);
      };
      const slope = (await score(1) - await score(-1)) / (2 * step);
      const found = results[gradient.gradients.x!]!.data.reduce((sum, value, index) => sum + value * direction[index]!, 0);
      assert.ok(Math.abs(found - slope) <= tolerance * Math.max(1, Math.abs(slope)), `${what}: slope ${found}, differences give ${slope}`);
    }
  } finally {
    await backward.release();
    await forward.release();
  }
}
