/**
 * The numeric check every rule passes: for random inputs x, a random cotangent c and a random direction v,
 *   (⟨c, f(x + hv)⟩ − ⟨c, f(x − hv)⟩) / 2h  ≈  ⟨vjp(c), v⟩
 * in both dialects. The differences are taken in float64 where ONNX Runtime has the op in double, else in float32 with
 * a larger step; the rule itself runs in float32, as it will in use.
 */
import assert from 'node:assert/strict';
import type { InferenceSession } from 'onnxruntime-node';
import { GraphBuilder, toAttribute, type AttributeInput } from '../../../src/graph/builder';
import { pullback, ruleKey, type Primals } from '../../../src/autodiff/context';
import type { Dialect, RuleTable } from '../../../src/autodiff/rule';
import type { Attribute, Initializer, Node } from '../../../src/graph/graph';
import { portable } from '../../../src/graph/portable';
import { isFloat, type DType } from '../../../src/tensor/dtype';
import { Random } from './random';
import { count, makeModel, openSession, runSession, valueInfo, type Values } from './runGraph';

/** An input of the node under test. */
export type InputSpec =
  /** Random floats in `range` (default −2…2), at least `margin` (default 0.05) away from every number in `avoid`. */
  | { readonly dims: readonly number[]; readonly range?: readonly [number, number]; readonly avoid?: readonly number[]; readonly margin?: number }
  /** Random floats no two of which are closer than 0.05 (for max, min, top-k). */
  | { readonly dims: readonly number[]; readonly distinct: true }
  /** Exactly these floats, differentiated to. */
  | { readonly dims: readonly number[]; readonly values: readonly number[] }
  /** An initializer, known to the rule through `constant()`, and not differentiated to. */
  | { readonly dims: readonly number[]; readonly constant: readonly number[]; readonly dtype?: DType }
  /** A fed value of an integer or bool type. */
  | { readonly dims: readonly number[]; readonly fed: readonly number[]; readonly dtype: DType }
  /** Left out. */
  | undefined;

export interface RuleCase {
  readonly rules: RuleTable;
  readonly opType: string;
  readonly domain?: string;
  /** Ints, int lists and strings as they are; {float: x} and {floats: [...]} for floats. */
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly inputs: readonly InputSpec[];
  /** Number of outputs (default 1), and which of them receive a cotangent (default all float ones). */
  readonly outputs?: number;
  readonly cotangentsFor?: readonly number[];
  readonly opset?: number;
  readonly dialects?: readonly Dialect[];
  /** Input indexes to differentiate to (default: every float input that is not constant). */
  readonly wrt?: readonly number[];
  /** Relative tolerance (default 2e-4 with float64 differences, 1e-2 with float32 ones). */
  readonly tolerance?: number;
  /** Never try float64 (for ops whose double kernel differs or does not exist). */
  readonly float32Only?: boolean;
  /** Step of the differences (default 1e-4 with float64, 1e-2 with float32). */
  readonly step?: number;
}

/**
 * Where the rules of the portable dialect run: the GPU suite (tools/gpu.mjs) names a device here, and how many random
 * cases are enough; then only that dialect is checked. Differences are taken on the CPU in any case.
 */
const device = process.env.MODEL_LENS_RULE_DEVICE, mostSeeds = Number(process.env.MODEL_LENS_RULE_SEEDS || Infinity);
const executionProviders = (dialect: Dialect): InferenceSession.SessionOptions => (device && dialect === 'portable' ? { executionProviders: [device, 'cpu'] } : {});
const standardDialects: readonly Dialect[] = device ? ['portable'] : ['cpu', 'portable'];

/**
 * Ops that WebGPU refuses in some form, by an error that the engine answers by going on elsewhere: in 3-D or with
 * output_shape, with exponents that broadcast, with antialias. A wrong number is never forgiven.
 */
const refusable: ReadonlySet<string> = new Set(['ConvTranspose', 'Pow', 'Resize']);
const told = new Set<string>();

function isRefusal(error: unknown, { opType }: RuleCase): boolean {
  const message = error instanceof Error ? error.message : '';
  if (!device || !refusable.has(opType) || !/Non-zero status code|Exception during initialization/.test(message)) return false;
  if (!told.has(opType)) console.log(`      ${opType} is refused: ${message.replace(/\s+/g, ' ').slice(0, 200)}`);
  told.add(opType);
  return true;
}

/** Runs the check for `seeds` random cases (default 4). A failure names op, dialect, seed and inputs. */
export async function checkRule(make: (random: Random) => RuleCase, seeds = 4): Promise<void> {
  for (let seed = 1; seed <= Math.min(seeds, mostSeeds); seed++) {
    const random = new Random(seed);
    await checkCase(make(random), random, seed);
  }
}

async function checkCase(ruleCase: RuleCase, random: Random, seed: number): Promise<void> {
  const inputs = ruleCase.inputs.map((spec) => (spec ? sample(spec, random) : undefined));
  const wrt = ruleCase.wrt ?? ruleCase.inputs.flatMap((spec, index) => (spec && !('constant' in spec) && !('fed' in spec) ? [index] : []));
  assert.ok(wrt.length > 0, 'a rule case with nothing to differentiate to checks nothing');

  let forward = ruleCase.float32Only ? undefined : await Forward.open(ruleCase, inputs, 'float64').catch(() => undefined);
  const step = ruleCase.step ?? (forward ? 1e-4 : 1e-2), tolerance = ruleCase.tolerance ?? (forward ? 2e-4 : 1e-2);
  forward ??= await Forward.open(ruleCase, inputs, 'float32');
  const primal = await forward.run(inputs);
  const chosen = ruleCase.cotangentsFor ?? primal.flatMap((value, index) => (value && isFloat(value.dtype) ? [index] : []));
  const cotangents = primal.map((value, index) => (value && chosen.includes(index)
    ? { dtype: 'float32' as const, dims: value.dims, data: Array.from({ length: count(value.dims) }, () => Math.fround(random.float())) } : undefined));

  // Central differences, two directions for each input by itself, so that one input's error cannot hide in another's.
  const expected: { input: number; direction: number[]; slope: number }[] = [];
  for (const input of wrt) {
    for (let repeat = 0; repeat < 2; repeat++) {
      const direction = inputs[input]!.data.map(() => random.float());
      const at = async (sign: number): Promise<number> => {
        const moved = inputs.map((value, index) => (index === input ? { ...value!, data: value!.data.map((x, i) => x + sign * step * direction[i]!) } : value));
        return dot(cotangents, await forward!.run(moved));
      };
      expected.push({ input, direction, slope: (await at(1) - await at(-1)) / (2 * step) });
    }
  }
  await forward.close();

  for (const dialect of ruleCase.dialects ?? standardDialects) {
    const gradients = await vjp(ruleCase, inputs, cotangents, dialect, wrt).catch((error: unknown) => {
      if (isRefusal(error, ruleCase)) return undefined;
      throw error;
    });
    if (!gradients) continue;
    for (const { input, direction, slope } of expected) {
      const gradient = gradients[input];
      const found = gradient ? gradient.data.reduce((sum, value, index) => sum + value * direction[index]!, 0) : 0;
      const scale = gradient ? Math.hypot(...gradient.data) * Math.hypot(...direction) : 0;
      const allowed = tolerance * Math.max(scale, Math.abs(slope), 1e-2);
      assert.ok(Math.abs(found - slope) <= allowed,
        `${ruleCase.opType} (${dialect}, seed ${seed}, opset ${ruleCase.opset ?? 17}): along a random direction of input ${input} the rule says ${found}, ` +
        `central differences ${slope} (allowed ${allowed}); attributes ${JSON.stringify(ruleCase.attributes ?? {})}, dims ${inputs.map((value) => (value ? `[${value.dims.join(',')}]` : '-')).join(' ')}`);
    }
  }
}

/**
 * Cotangents a rule gives for exactly these inputs, by input index: for tests of ties and boundaries. `cotangents`
 * defaults to ones for every float output.
 */
export async function vjpOf(ruleCase: RuleCase, dialect: Dialect = 'cpu', cotangents?: readonly (readonly number[] | undefined)[]): Promise<(Values | undefined)[]> {
  const random = new Random(1);
  const inputs = ruleCase.inputs.map((spec) => (spec ? sample(spec, random) : undefined));
  const forward = await Forward.open(ruleCase, inputs, 'float32');
  const primal = await forward.run(inputs);
  await forward.close();
  const seeds = primal.map((value, index): Values | undefined => {
    if (!value || !isFloat(value.dtype)) return undefined;
    const data = cotangents ? cotangents[index] : Array.from({ length: count(value.dims) }, () => 1);
    return data && { dtype: 'float32', dims: value.dims, data };
  });
  const wrt = ruleCase.wrt ?? ruleCase.inputs.flatMap((spec, index) => (spec && !('constant' in spec) && !('fed' in spec) ? [index] : []));
  return vjp(ruleCase, inputs, seeds, dialect, wrt);
}

/** The nodes a rule makes, without running them (for tests of what is emitted). */
export function emitted(ruleCase: RuleCase, primal: readonly (Values | undefined)[], dialect: Dialect): Node[] {
  const random = new Random(1);
  const inputs = ruleCase.inputs.map((spec) => (spec ? sample(spec, random) : undefined));
  return build(ruleCase, inputs, primal, primal.map((value) => value !== undefined), dialect, inputs.map((_, index) => index)).builder.nodes;
}

async function vjp(ruleCase: RuleCase, inputs: readonly (Values | undefined)[], cotangents: readonly (Values | undefined)[], dialect: Dialect, wrt: readonly number[]): Promise<(Values | undefined)[]> {
  const forward = await Forward.open(ruleCase, inputs, 'float32');
  const primal = await forward.run(inputs);
  await forward.close();
  const { builder, node, results } = build(ruleCase, inputs, primal, cotangents.map((value) => value !== undefined), dialect, wrt);
  const returned = wrt.flatMap((index) => (results[index] === undefined ? [] : [index]));
  if (returned.length === 0) return [];
  // An Identity for each result: a rule may hand the cotangent, which is a graph input, straight through.
  const outputs = returned.map((index) => builder.op('Identity', [results[index]!]));
  const feeds: Record<string, Values> = {};
  inputs.forEach((value, index) => { if (value && !isConstant(ruleCase, index)) feeds[inputName(index)] = float32(value); });
  cotangents.forEach((value, index) => { if (value) feeds[`g${index}`] = value; });
  const model = makeModel({
    nodes: [node, ...builder.nodes],
    inputs: Object.entries(feeds).map(([name, value]) => valueInfo(name, value.dtype, value.dims)),
    outputs: outputs.map((name) => valueInfo(name, 'float32')),
    initializers: new Map([...constantsOf(ruleCase, inputs, 'float32'), ...builder.initializers]),
  }, ruleCase.opset ?? 17);
  const session = await openSession(dialect === 'portable' ? portable(model) : model, executionProviders(dialect));
  const found = await runSession(session, feeds);
  await session.release();
  const gradients: (Values | undefined)[] = [];
  returned.forEach((index, position) => {
    const gradient = found[outputs[position]!]!;
    assert.deepEqual([...gradient.dims], [...inputs[index]!.dims], `${ruleCase.opType} (${dialect}): dims of the cotangent of input ${index}`);
    gradients[index] = gradient;
  });
  return gradients;
}

function build(ruleCase: RuleCase, inputs: readonly (Values | undefined)[], primal: readonly (Values | undefined)[], flowing: readonly boolean[], dialect: Dialect, wrt: readonly number[]) {
  const builder = new GraphBuilder(ruleCase.opset ?? 17), node = nodeOf(ruleCase);
  const rule = ruleCase.rules[ruleKey(node)];
  assert.ok(rule, `no rule for ${ruleKey(node)} in the table`);
  const values = new Map<string, Values>();
  inputs.forEach((value, index) => { if (value) values.set(inputName(index), float32(value)); });
  primal.forEach((value, index) => { if (value) values.set(outputName(index), float32(value)); });
  const primals: Primals = {
    type: (name) => values.get(name),
    constant: (name) => {
      const index = inputs.findIndex((_, i) => inputName(i) === name);
      return index >= 0 && isConstant(ruleCase, index) ? inputs[index]!.data : undefined;
    },
  };
  const results = pullback(node, rule, flowing.map((flows, index) => (flows ? `g${index}` : undefined)), (index) => wrt.includes(index), primals, builder, dialect);
  return { builder, node, results };
}

/** The op by itself, in float32 or float64. */
class Forward {
  private constructor(private readonly ruleCase: RuleCase, private readonly dtype: 'float32' | 'float64', private readonly session: InferenceSession) {}

  static async open(ruleCase: RuleCase, inputs: readonly (Values | undefined)[], dtype: 'float32' | 'float64'): Promise<Forward> {
    const node = nodeOf(ruleCase);
    const session = await openSession(makeModel({
      nodes: [node],
      inputs: inputs.flatMap((value, index) => (value && !isConstant(ruleCase, index) ? [valueInfo(inputName(index), isFloat(value.dtype) ? dtype : value.dtype, value.dims)] : [])),
      outputs: node.outputs.map((name) => ({ name, type: { kind: 'unknown' as const } })),
      initializers: constantsOf(ruleCase, inputs, dtype),
    }, ruleCase.opset ?? 17), { graphOptimizationLevel: 'disabled' });
    const forward = new Forward(ruleCase, dtype, session);
    await forward.run(inputs);
    return forward;
  }

  async run(inputs: readonly (Values | undefined)[]): Promise<(Values | undefined)[]> {
    const feeds: Record<string, Values> = {};
    inputs.forEach((value, index) => { if (value && !isConstant(this.ruleCase, index)) feeds[inputName(index)] = isFloat(value.dtype) ? { ...value, dtype: this.dtype } : value; });
    const found = await runSession(this.session, feeds);
    return Array.from({ length: this.ruleCase.outputs ?? 1 }, (_, index) => found[outputName(index)]);
  }

  async close(): Promise<void> { await this.session.release(); }
}

const inputName = (index: number): string => `x${index}`;
const outputName = (index: number): string => `y${index}`;

function nodeOf(ruleCase: RuleCase): Node {
  const attributes = new Map<string, Attribute>(Object.entries(ruleCase.attributes ?? {}).map(([name, value]) => [name, toAttribute(value)]));
  return {
    name: 'underTest', opType: ruleCase.opType, domain: ruleCase.domain ?? '', attributes,
    inputs: ruleCase.inputs.map((spec, index) => (spec ? inputName(index) : '')),
    outputs: Array.from({ length: ruleCase.outputs ?? 1 }, (_, index) => outputName(index)),
  };
}

function isConstant(ruleCase: RuleCase, index: number): boolean {
  const spec = ruleCase.inputs[index];
  return spec !== undefined && 'constant' in spec;
}

function constantsOf(ruleCase: RuleCase, inputs: readonly (Values | undefined)[], dtype: 'float32' | 'float64'): Map<string, Initializer> {
  const builder = new GraphBuilder(17), result = new Map<string, Initializer>();
  inputs.forEach((value, index) => {
    if (!value || !isConstant(ruleCase, index)) return;
    const name = builder.constant(value.data, isFloat(value.dtype) ? dtype : value.dtype, value.dims);
    result.set(inputName(index), builder.initializers.get(name)!);
  });
  return result;
}

function sample(spec: NonNullable<InputSpec>, random: Random): Values {
  const { dims } = spec, length = count(dims);
  if ('constant' in spec) return { dtype: spec.dtype ?? 'float32', dims, data: spec.constant };
  if ('fed' in spec) return { dtype: spec.dtype, dims, data: spec.fed };
  if ('values' in spec) return { dtype: 'float32', dims, data: spec.values };
  if ('distinct' in spec) {
    const offset = (length * 0.06) / 2;
    return { dtype: 'float32', dims, data: random.shuffle(Array.from({ length }, (_, index) => Math.fround(index * 0.06 - offset + random.float(0, 0.01)))) };
  }
  const [low, high] = spec.range ?? [-2, 2], margin = spec.margin ?? 0.05;
  const draw = (): number => {
    for (let tries = 0; tries < 1000; tries++) {
      const value = Math.fround(random.float(low, high));
      if (!(spec.avoid ?? []).some((kink) => Math.abs(value - kink) < margin)) return value;
    }
    throw new Error(`nothing is left of [${low}, ${high}] around ${(spec.avoid ?? []).join(', ')}`);
  };
  return { dtype: 'float32', dims, data: Array.from({ length }, draw) };
}

function float32(value: Values): Values { return isFloat(value.dtype) ? { ...value, dtype: 'float32' } : value; }

function dot(cotangents: readonly (Values | undefined)[], values: readonly (Values | undefined)[]): number {
  let sum = 0;
  cotangents.forEach((cotangent, output) => cotangent?.data.forEach((c, index) => { sum += c * values[output]!.data[index]!; }));
  return sum;
}
