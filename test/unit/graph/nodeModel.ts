/** Small models for tests, and the check that inference agrees with what ONNX Runtime makes of them. */
import assert from 'node:assert/strict';
import type { DType } from '../../../src/tensor/dtype';
import type { Tensor } from '../../../src/tensor/tensor';
import { elementCount } from '../../../src/tensor/tensor';
import { tensorFromNumbers, tensorToBytes } from '../../../src/tensor/convert';
import type { Attribute, Dims, Initializer, ModelFile, Node, ValueInfo } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { runModel } from './run';
import type { Result } from './run';

export type AttributeValue = number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] } | Attribute;

export function attribute(value: AttributeValue): Attribute {
  if (typeof value === 'number') return { kind: 'int', value: BigInt(value) };
  if (typeof value === 'string') return { kind: 'string', value: new TextEncoder().encode(value) };
  if ('kind' in value) return value;
  if ('float' in value) return { kind: 'float', value: value.float };
  if ('floats' in value) return { kind: 'floats', value: value.floats };
  return { kind: 'ints', value: value.map((item) => BigInt(item)) };
}

export function node(opType: string, inputs: readonly string[], outputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}, domain = ''): Node {
  const entries = Object.entries(attributes).map(([name, value]): [string, Attribute] => [name, attribute(value)]);
  return { name: `${opType}:${outputs.join()}`, opType, domain, inputs, outputs, attributes: new Map(entries) };
}

export function inline(dtype: DType, dims: readonly number[], values: readonly number[]): Initializer {
  return { kind: 'inline', dtype, dims, bytes: tensorToBytes(tensorFromNumbers(dtype, dims, values)) };
}

export const int64s = (...values: readonly number[]): Initializer => inline('int64', [values.length], values);

export interface Recipe {
  readonly nodes: readonly Node[];
  /** Graph inputs: dtype, dims, and values (a ramp if left out). */
  readonly inputs: Readonly<Record<string, { readonly dtype?: DType; readonly dims: readonly number[]; readonly values?: readonly number[] }>>;
  readonly initializers?: Readonly<Record<string, Initializer>>;
  readonly outputs: readonly string[];
  readonly opset: number;
}

/** The recipe as a model; `declare` says which dims its inputs declare. */
export function makeModel(recipe: Recipe, declare: (name: string, dims: readonly number[]) => Dims = (_, dims) => dims): ModelFile {
  const inputs = Object.entries(recipe.inputs).map(([name, { dtype = 'float32', dims }]): ValueInfo => ({ name, type: { kind: 'tensor', dtype, dims: declare(name, dims) } }));
  return {
    format: 'onnx', file: 'test.onnx', producer: 'test', irVersion: 8, opsets: new Map([['', recipe.opset], ['com.microsoft', 1], ['ai.onnx.ml', 3]]), metadata: new Map(),
    functions: [], warnings: [],
    graph: {
      name: 'test', nodes: recipe.nodes, inputs, outputs: recipe.outputs.map((name) => ({ name, type: { kind: 'unknown' } })),
      initializers: new Map(Object.entries(recipe.initializers ?? {})), valueInfo: new Map(),
    },
  };
}

export function feedsOf(recipe: Recipe): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(recipe.inputs).map(([name, { dtype = 'float32', dims, values }]) => {
    const count = elementCount(dims);
    const ramp = values ?? Array.from({ length: count }, (_, at) => ((at * 7) % 11) / 4 - 1);
    return [name, tensorFromNumbers(dtype, dims, ramp)];
  }));
}

/** Runs the recipe; undefined when ONNX Runtime refuses it (then there is nothing to compare with). */
async function run(recipe: Recipe): Promise<Record<string, Result> | undefined> {
  try {
    return await runModel(makeModel(recipe), feedsOf(recipe));
  } catch (error) {
    if (process.env.SHOW_REFUSED !== undefined) console.log(recipe.nodes.map(({ opType }) => opType).join(), String(error).slice(0, 300));
    return undefined;
  }
}

/**
 * Runs the recipe in ONNX Runtime and checks inference three ways: with declared numbers, with declared symbols and
 * real dims given, and with symbols alone (which must not contradict). Returns whether the runtime took the recipe.
 *
 * @param open outputs whose dims depend on data: known dims must fit, unknown ones are fine.
 */
export async function checkInference(recipe: Recipe, open: readonly string[] = []): Promise<boolean> {
  const real = await run(recipe);
  if (real === undefined) return false;
  const given = Object.fromEntries(Object.entries(recipe.inputs).map(([name, { dims }]) => [name, dims]));
  const symbolic = makeModel(recipe, (name, dims) => dims.map((_, axis) => `${name}_${axis}`));
  const cases = [
    { how: 'declared dims', types: inferShapes(makeModel(recipe)).types, exact: true },
    { how: 'given dims', types: inferShapes(symbolic, given).types, exact: true },
    { how: 'symbols', types: inferShapes(symbolic).types, exact: false },
  ];
  for (const { how, types, exact } of cases) {
    for (const name of recipe.outputs) {
      const type = types.get(name);
      const result: Result = real[name]!;
      const got = type?.kind === 'tensor' ? type : undefined;
      const say = `${recipe.nodes.map(({ opType }) => opType).join('+')} ${name} by ${how}: real ${result.dtype}[${result.dims.join()}], inferred ${JSON.stringify(type)}`;
      if (exact && !open.includes(name)) assert.deepEqual(got?.dims, result.dims, say);
      if (exact) assert.equal(got?.dtype, result.dtype, say);
      if (got?.dims !== undefined) {
        assert.equal(got.dims.length, result.dims.length, say);
        got.dims.forEach((dim, axis) => { if (typeof dim === 'number') assert.equal(dim, result.dims[axis], say); });
      }
    }
  }
  return true;
}
