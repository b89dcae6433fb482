/**
 * Models whose file insists on one sample a run, as models that take any number: dim 0 of every input becomes open, and
 * shapes written for one sample are written for many. Done only where every op on the way is known to keep samples apart.
 */
import { attrInt, attrInts, type Initializer, type ModelFile, type Node, type ValueInfo } from './graph';
import { encodeNumbers } from './builder';
import { inferShapes, type Inference } from './inference/infer';

export type Batchable = { readonly model: ModelFile; readonly reason?: undefined } | { readonly model?: undefined; readonly reason: string };

/**
 * What a value is when several samples run together: `samples`: dim 0 counts them, each row made from its own sample
 * alone; `same`: independent of them; `sizes`: a shape that holds their number, known before the model runs.
 */
type Role = 'samples' | 'same' | 'sizes';

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Element by element; further inputs are broadcast. */
const elementwise = set('Relu LeakyRelu PRelu Elu Selu Celu ThresholdedRelu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Gelu Mish Swish Shrink Erf Exp Log Sqrt Abs Neg Reciprocal Sign Floor Ceil Round Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Not IsNaN IsInf Clip Identity Cast Add Sub Mul Div Pow Mod Min Max Sum Mean And Or Xor Equal Greater GreaterOrEqual Less LessOrEqual Where');
/** Each sample of input 0 by itself; further inputs are weights. */
const layers = set('Conv ConvInteger QLinearConv ConvTranspose MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool BatchNormalization InstanceNormalization GroupNormalization LRN DepthToSpace SpaceToDepth Dropout QuantizeLinear DequantizeLinear');
const reductions = /^(Reduce(Sum|Mean|Max|Min|Prod|L1|L2|SumSquare|LogSum|LogSumExp))$/;
/** A row of input 0 each (ai.onnx.ml). */
const tables = set('TreeEnsembleClassifier TreeEnsembleRegressor LinearClassifier LinearRegressor SVMClassifier SVMRegressor Scaler Normalizer Imputer Binarizer');

/**
 * @param sampleDims dims of every input for one sample.
 * @returns the rewritten model, or the reason why it must run one sample at a time.
 */
export function makeBatchable(model: ModelFile, sampleDims: Readonly<Record<string, readonly number[]>>): Batchable {
  const { graph } = model;
  const roles = new Map<string, Role>();
  for (const name of graph.initializers.keys()) roles.set(name, 'same');
  const pairs: Record<string, readonly number[]> = {};
  for (const { name, type } of graph.inputs) {
    const declared = type.kind === 'tensor' ? type.dims?.[0] : undefined, dims = sampleDims[name];
    if (!dims) return { reason: `the dims of input '${name}' are not known` };
    if (typeof declared === 'number' && declared !== 1) return { reason: `input '${name}' has ${declared} as its first dim` };
    const batched = dims[0] === 1;
    roles.set(name, batched ? 'samples' : 'same');
    pairs[name] = batched ? [2, ...dims.slice(1)] : dims;
  }
  const one = inferShapes(model, sampleDims);
  const rewriter = new Rewriter(roles, one, inferShapes(opened(model, graph.nodes, new Map(), roles), pairs));
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const changed = rewriter.visit(node);
    if (typeof changed === 'string') return { reason: `${node.opType} '${node.name || node.outputs[0]}' ${changed}` };
    nodes.push(changed);
  }
  const lone = graph.outputs.find(({ name }) => roles.get(name) !== 'samples');
  if (lone) return { reason: `output '${lone.name}' has no dim that counts samples` };
  const rewritten = opened(model, nodes, rewriter.initializers, roles);
  const two = inferShapes(rewritten, pairs);
  for (const { name } of graph.outputs) {
    const before = dimsOf(one, name), after = dimsOf(two, name);
    if (!before || !after || after[0] !== 2 * before[0]! || before.length !== after.length || before.some((dim, axis) => axis > 0 && dim !== after[axis])) {
      return { reason: `the dims of output '${name}' do not follow the number of samples` };
    }
  }
  return { model: rewritten };
}

/** Whether dim 0 of a value grows with the number of samples, as dims are inferred. */
export function countsSamples(model: ModelFile, sampleDims: Readonly<Record<string, readonly number[]>>, value: string): boolean {
  const twice = Object.fromEntries(Object.entries(sampleDims).map(([name, dims]) => [name, dims[0] === 1 ? [2, ...dims.slice(1)] : dims]));
  const before = dimsOf(inferShapes(model, sampleDims), value), after = dimsOf(inferShapes(model, twice), value);
  return !!before?.length && after?.length === before.length && after.every((dim, axis) => dim === (axis === 0 ? 2 : 1) * before[axis]!);
}

function opened(model: ModelFile, nodes: readonly Node[], added: ReadonlyMap<string, Initializer>, roles: ReadonlyMap<string, Role>): ModelFile {
  const open = (info: ValueInfo, samples: boolean): ValueInfo => (samples && info.type.kind === 'tensor' && info.type.dims?.length ? { ...info, type: { ...info.type, dims: [null, ...info.type.dims.slice(1)] } } : info);
  return {
    ...model,
    graph: {
      ...model.graph, nodes, valueInfo: new Map(), initializers: new Map([...model.graph.initializers, ...added]),
      inputs: model.graph.inputs.map((input) => open(input, roles.get(input.name) === 'samples')),
      outputs: model.graph.outputs.map((output) => open(output, true)),
    },
  };
}

function dimsOf({ types }: Inference, name: string): readonly number[] | undefined {
  const type = types.get(name);
  return type?.kind === 'tensor' && type.dims?.every((dim): dim is number => typeof dim === 'number') ? type.dims : undefined;
}

class Rewriter {
  readonly initializers = new Map<string, Initializer>();

  constructor(private readonly roles: Map<string, Role>, private readonly one: Inference, private readonly two: Inference) {}

  /** The node as it runs with many samples, or what stands in the way. */
  visit(node: Node): Node | string {
    const roles = node.inputs.map((name) => (name === '' ? 'same' : this.roles.get(name)));
    if (roles.includes(undefined)) return 'reads a value that is not known';
    if ([...node.attributes.values()].some(({ kind }) => kind === 'graph' || kind === 'graphs')) return 'holds graphs of its own, which are not looked into';
    if (!roles.includes('samples') || node.opType === 'Shape' || node.opType === 'Size') return this.withoutSamples(node, roles as Role[]);
    const rows = roles.map((role) => role === 'samples');
    const change = this.keepsApart(node, rows, roles as Role[]);
    if (typeof change === 'string') return change;
    for (const output of node.outputs) if (output !== '') this.roles.set(output, 'samples');
    return change;
  }

  /** Constants stay as they are; shapes are followed as long as their content is known for one sample and for two. */
  private withoutSamples(node: Node, roles: readonly Role[]): Node | string {
    const moves = roles.includes('sizes') || roles.includes('samples');
    if (/^(Random|Multinomial|Bernoulli)/.test(node.opType)) return 'draws at random';
    for (const output of node.outputs) {
      if (output === '') continue;
      const before = this.one.constants.get(output), after = this.two.constants.get(output);
      if (moves && (!before || !after)) return 'depends on the number of samples in a way that is not followed';
      this.roles.set(output, moves && before!.join() !== after!.join() ? 'sizes' : 'same');
    }
    return node;
  }

  private keepsApart(node: Node, rows: readonly boolean[], roles: readonly Role[]): Node | string {
    const { opType, inputs } = node;
    const dims = dimsOf(this.one, inputs[rows.indexOf(true)]!), out = dimsOf(this.one, node.outputs.find((name) => name !== '') ?? '');
    if (!dims?.length || !out?.length) return 'has dims that are not known before it runs';
    if (node.domain === 'ai.onnx.ml') return tables.has(opType) && rows[0] ? node : 'is not known to keep samples apart';
    if (node.domain !== '') return 'is not known to keep samples apart';
    const onlyFirst = rows[0] === true && rows.slice(1).every((row) => !row) && !roles.includes('sizes');
    const rank = dims.length, axis = (given: number, of = rank): number => (given < 0 ? given + of : given);
    const behind = (ok: boolean, what: string): Node | string => (ok ? node : what);
    const mixes = 'works along the first dim, across samples';
    if (elementwise.has(opType)) return this.broadcasts(node, rows, roles, out) ? node : 'combines samples with a value of more dims or rows';
    if (layers.has(opType)) {
      if (!onlyFirst || attrInt(node, 'training_mode', 0) !== 0) return 'takes weights that are made from samples';
      if (opType === 'MaxPool' && node.outputs[1]) return 'returns positions, which count across samples';
      const perRow = /^(Quantize|Dequantize)Linear$/.test(opType) && (dimsOf(this.one, inputs[1]!)?.length ?? 1) > 0 && elements(dimsOf(this.one, inputs[1]!)) > 1 && axis(attrInt(node, 'axis', 1)) === 0;
      return behind(!perRow, mixes);
    }
    if (reductions.test(opType)) {
      const axes = inputs[1] ? this.one.constants.get(inputs[1]) : attrInts(node, 'axes', undefined);
      return behind(onlyFirst && !!axes?.length && axes.every((given) => axis(given) > 0), mixes);
    }
    switch (opType) {
      case 'Softmax': case 'LogSoftmax': case 'Hardmax': return behind(onlyFirst && axis(attrInt(node, 'axis', rank > 1 ? -1 : 0)) > 0, mixes);
      case 'ArgMax': case 'ArgMin': return behind(onlyFirst && axis(attrInt(node, 'axis', 0)) > 0, mixes);
      case 'LayerNormalization': case 'LpNormalization': case 'TopK': return behind(onlyFirst && axis(attrInt(node, 'axis', -1)) > 0, mixes);
      case 'Split': return behind(onlyFirst && axis(attrInt(node, 'axis', 0)) > 0, mixes);
      case 'Concat': return behind(rows.every(Boolean) && axis(attrInt(node, 'axis', 0)) > 0, 'puts samples beside something else');
      case 'Flatten': return behind(onlyFirst && axis(attrInt(node, 'axis', 1)) === 1, mixes);
      case 'Transpose': return behind(attrInts(node, 'perm', undefined)?.[0] === 0, mixes);
      case 'Gemm': return behind(onlyFirst && attrInt(node, 'transA', 0) === 0 && (!inputs[2] || leadingOne(dimsOf(this.one, inputs[2]), 2)), mixes);
      case 'MatMul': return behind(this.multiplies(node, rows, roles, out.length), mixes);
      case 'Gather': return behind(this.gathers(node, rows, roles, rank), mixes);
      case 'Squeeze': case 'Unsqueeze': {
        const axes = inputs[1] ? this.one.constants.get(inputs[1]) : attrInts(node, 'axes', undefined);
        return behind(onlyFirst && !!axes?.length && axes.every((given) => axis(given, opType === 'Squeeze' ? rank : out.length) > 0), mixes);
      }
      case 'Slice': return behind(onlyFirst && this.slicesInside(node, rank), mixes);
      case 'Pad': {
        const pads = inputs[1] ? this.one.constants.get(inputs[1]) : attrInts(node, 'pads', undefined);
        return behind(onlyFirst && !inputs[3] && pads?.length === 2 * rank && pads[0] === 0 && pads[rank] === 0, mixes);
      }
      case 'Tile': return behind(onlyFirst && this.one.constants.get(inputs[1]!)?.[0] === 1, mixes);
      case 'Resize': case 'Upsample': return this.resizes(node, rows, roles);
      case 'Reshape': return this.reshapes(node, rows, roles, dims, out);
      case 'Expand': return behind(rows[0]! && !rows[1] && dimsOf(this.one, inputs[1]!)?.[0] === rank && (roles[1] === 'sizes' ? this.one.constants.get(inputs[1]!)?.[0] === 1 && this.two.constants.get(inputs[1]!)?.[0] === 2 : this.one.constants.get(inputs[1]!)?.[0] === 1), mixes);
      default: return 'is not known to keep samples apart';
    }
  }

  /** Samples lie along dim 0 of the result, and nothing else reaches that dim. */
  private broadcasts(node: Node, rows: readonly boolean[], roles: readonly Role[], out: readonly number[]): boolean {
    return node.inputs.every((name, index) => {
      if (name === '') return true;
      const dims = dimsOf(this.one, name);
      if (roles[index] === 'sizes' || !dims) return false;
      return rows[index] ? dims.length === out.length : leadingOne(dims, out.length);
    });
  }

  private multiplies({ inputs }: Node, rows: readonly boolean[], roles: readonly Role[], rank: number): boolean {
    const [a, b] = [dimsOf(this.one, inputs[0]!), dimsOf(this.one, inputs[1]!)];
    if (!a || !b || roles.includes('sizes')) return false;
    if (rows[0] && !rows[1]) return a.length >= 2 && (b.length === 2 || (a.length > 2 && leadingOne(b, a.length)));
    if (!rows[0]) return b.length > 2 && rank === b.length && (a.length === 2 || leadingOne(a, b.length));
    return a.length > 2 && a.length === b.length;
  }

  private gathers(node: Node, rows: readonly boolean[], roles: readonly Role[], rank: number): boolean {
    const given = attrInt(node, 'axis', 0);
    if (roles.includes('sizes')) return false;
    // Words looked up in a table: one row of numbers a sample.
    if (!rows[0]) return given === 0;
    return !rows[1] && (given < 0 ? given + rank : given) > 0;
  }

  private slicesInside(node: Node, rank: number): boolean {
    const list = (index: number, attribute: string): readonly number[] | undefined => (node.inputs[1] ? (node.inputs[index] ? this.one.constants.get(node.inputs[index]!) : undefined) : attrInts(node, attribute, undefined));
    const starts = list(1, 'starts'), ends = list(2, 'ends');
    if (!starts || !ends || (node.inputs[3] && !list(3, 'axes')) || (node.inputs[4] && !list(4, 'steps'))) return false;
    const axes = list(3, 'axes') ?? starts.map((_, index) => index);
    return axes.every((given, index) => (given < 0 ? given + rank : given) > 0 || (starts[index] === 0 && ends[index]! >= 2 ** 31 - 1 && (list(4, 'steps')?.[index] ?? 1) === 1));
  }

  private resizes(node: Node, rows: readonly boolean[], roles: readonly Role[]): Node | string {
    const last = node.inputs.length - 1, sizes = last === 3 && node.inputs[3] !== '';
    if (!rows[0] || rows.slice(1).some(Boolean) || node.attributes.has('axes') || node.opType === 'Resize' && node.inputs.length < 3) return 'is resized by values made from samples';
    const wanted = node.inputs[node.inputs.length === 2 ? 1 : sizes ? 3 : 2], numbers = wanted ? this.one.constants.get(wanted) : undefined;
    if (numbers?.[0] !== 1) return 'is resized by sizes that are not known';
    if (!sizes) return roles.includes('sizes') ? 'is resized by sizes that are not known' : node;
    if (roles[3] === 'sizes') return this.two.constants.get(wanted!)?.[0] === 2 ? node : 'is resized by sizes that are not known';
    // A size for every dim names the number of samples; as factors it need not.
    const dims = dimsOf(this.one, node.inputs[0]!)!, factors = numbers.map((size, axis) => size / dims[axis]!);
    const exact = factors.every((factor, axis) => Math.floor(dims[axis]! * Math.fround(factor)) === numbers[axis] && Math.fround(factor) * dims[axis]! === numbers[axis]);
    if (!exact || numbers.join() !== dimsOf(this.one, node.outputs[0]!)?.join()) return 'is resized to sizes that no factor gives exactly';
    return { ...node, inputs: [node.inputs[0]!, node.inputs[1] ?? '', this.constant(node, Float32Array.from(factors), 'float32')] };
  }

  /** [1, …] to [1, …] with as many elements each: with 0 for dim 0, the same for every sample. */
  private reshapes(node: Node, rows: readonly boolean[], roles: readonly Role[], dims: readonly number[], out: readonly number[]): Node | string {
    const shape = this.one.constants.get(node.inputs[1]!), why = 'moves elements from one sample to another, or to a shape that is not known';
    if (!rows[0] || rows[1] || !shape?.length || dims[0] !== 1 || out[0] !== 1) return why;
    if (roles[1] === 'sizes') {
      const two = this.two.constants.get(node.inputs[1]!);
      return two?.length === out.length && two[0] === 2 && two.every((size, axis) => axis === 0 || size === shape[axis]) ? node : why;
    }
    const zero = attrInt(node, 'allowzero', 0) === 0;
    if (shape[0] === 0 && zero) return node;
    if (shape[0] === -1) return out.length > 1 && !(zero && shape.includes(0)) && elements(out.slice(1)) === elements(dims.slice(1)) ? node : why;
    if (!zero || shape[0] !== 1) return why;
    return { ...node, inputs: [node.inputs[0]!, this.constant(node, [0, ...shape.slice(1)], 'int64')] };
  }

  private constant(node: Node, values: readonly number[] | Float32Array, dtype: 'int64' | 'float32'): string {
    const name = `${node.outputs[0]}/for any batch`;
    this.initializers.set(name, { kind: 'inline', dtype, dims: [values.length], bytes: encodeNumbers(Array.from(values), dtype) });
    this.roles.set(name, 'same');
    return name;
  }
}

function elements(dims: readonly number[] | undefined): number {
  return (dims ?? []).reduce((product, dim) => product * dim, 1);
}

/** Dims that do not reach dim 0 of a value of `rank`, or have 1 there. */
function leadingOne(dims: readonly number[] | undefined, rank: number): boolean {
  return dims !== undefined && (dims.length < rank || (dims.length === rank && dims[0] === 1));
}
