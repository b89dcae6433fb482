/** Finds the value that is explained: the logits behind a final softmax or sigmoid, the probabilities, or the output. */
import { attrInt, attrInts, type Node } from '../graph/graph';
import { isFloat, type DType } from '../tensor/dtype';
import { elementCount } from '../tensor/tensor';
import type { GraphBuilder } from '../graph/builder';
import type { Primals } from './context';
import { producers } from './flow';

export type TargetSpace = 'logit' | 'probability' | 'output';

/** A value that is differentiated, flattened to [N, C]. */
export interface ResolvedTarget {
  readonly value: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly batch: number;
  readonly classes: number;
}

/** A final op that turns logits into probabilities, found behind an output. */
export interface FinalActivation {
  readonly kind: 'Softmax' | 'LogSoftmax' | 'Sigmoid';
  /** The value before it and the value it makes. */
  readonly logits: string;
  readonly activated: string;
  readonly axis: number;
  /** Layout ops between `activated` and the output, in order. */
  readonly layout: readonly Node[];
  /** Whether those keep the flat order of the elements. */
  readonly keepsOrder: boolean;
}

const layoutOps = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Cast', 'Dropout', 'QuantizeLinear', 'DequantizeLinear']);

/** Layout ops that have no say in the order of elements, and no part in other values than their own. */
const unchanging = new Set(['Dropout', 'Identity', 'QuantizeLinear', 'DequantizeLinear']);

/** The final activation behind `output`, or undefined where the model returns something else. */
export function findFinalActivation(nodes: readonly Node[], output: string, primals: Primals): FinalActivation | undefined {
  const made = producers(nodes);
  const layout: Node[] = [];
  let value = output, keepsOrder = true;
  for (;;) {
    const node = made.get(value);
    if (!node || value !== node.outputs[0]) return undefined;
    const found = activation(node, value, made, primals);
    if (found) return { ...found, layout: layout.reverse(), keepsOrder };
    if (node.domain !== '' || !layoutOps.has(node.opType)) return undefined;
    if (node.opType === 'Cast' && !isFloat(primals.type(node.inputs[0]!)?.dtype ?? 'undefined')) return undefined;
    if (node.opType === 'Transpose' && !onlyMovesOnes(node, primals)) keepsOrder = false;
    layout.push(node);
    value = node.inputs[0]!;
  }
}

/** A Transpose that leaves every axis longer than 1 in its order leaves the elements in theirs. */
function onlyMovesOnes(node: Node, primals: Primals): boolean {
  const dims = primals.type(node.inputs[0]!)?.dims;
  if (!dims) return false;
  const perm = attrInts(node, 'perm', undefined) ?? dims.map((_, axis) => dims.length - 1 - axis);
  const long = perm.filter((axis) => dims[axis] !== 1);
  return long.every((axis, index) => index === 0 || axis > long[index - 1]!);
}

type Found = Pick<FinalActivation, 'kind' | 'logits' | 'activated' | 'axis'>;

function activation(node: Node, activated: string, made: ReadonlyMap<string, Node>, primals: Primals): Found | undefined {
  if (node.domain !== '') return undefined;
  const x = node.inputs[0]!, inner = made.get(x);
  switch (node.opType) {
    case 'Softmax': case 'LogSoftmax': return { kind: node.opType, logits: x, activated, axis: attrInt(node, 'axis', -1) };
    case 'Sigmoid': return { kind: 'Sigmoid', logits: x, activated, axis: -1 };
    case 'Log': return inner?.opType === 'Softmax' ? { kind: 'LogSoftmax', logits: inner.inputs[0]!, activated, axis: attrInt(inner, 'axis', -1) } : undefined;
    case 'Exp': return inner?.opType === 'LogSoftmax' ? { kind: 'Softmax', logits: inner.inputs[0]!, activated, axis: attrInt(inner, 'axis', -1) } : undefined;
    case 'Div': return spelledOut(node, activated, made, primals);
    default: return undefined;
  }
}

/** exp(v) / Σ exp(v), where v may be x − max x; sum and maximum may be reshaped and expanded to the dims of x. */
function spelledOut(node: Node, activated: string, made: ReadonlyMap<string, Node>, primals: Primals): Found | undefined {
  const exp = made.get(node.inputs[0]!), sum = spread(node.inputs[1]!, made);
  if (exp?.opType !== 'Exp' || sum.from?.opType !== 'ReduceSum' || sum.from.inputs[0] !== node.inputs[0]) return undefined;
  const axes = reducedAxes(sum.from, primals);
  if (axes?.length !== 1) return undefined;
  // One sum for every row along the axis, whatever ops bring it there.
  const dims = primals.type(node.inputs[0]!)?.dims, axis = axes[0]!, oneEach = (value: string): boolean => {
    const found = primals.type(value)?.dims;
    return dims !== undefined && found?.join() === dims.map((dim, i) => (i === (axis + dims.length) % dims.length ? 1 : dim)).join();
  };
  const kept = sum.value === sum.from.outputs[0] && attrInt(sum.from, 'keepdims', 1) === 1;
  if (!kept && !oneEach(sum.value)) return undefined;
  const shifted = made.get(exp.inputs[0]!), max = shifted?.opType === 'Sub' ? spread(shifted.inputs[1]!, made) : undefined;
  const isMaximum = max?.from?.opType === 'ReduceMax' && max.from.inputs[0] === shifted!.inputs[0];
  const logits = isMaximum && (max.value === max.from!.outputs[0] || oneEach(max.value)) ? shifted!.inputs[0]! : exp.inputs[0]!;
  return { kind: 'Softmax', logits, activated, axis };
}

/** The value before it is expanded, and the reduction it comes from (a maximum may be bounded from below). */
function spread(value: string, made: ReadonlyMap<string, Node>): { readonly value: string; readonly from?: Node } {
  const expand = made.get(value), before = expand?.opType === 'Expand' ? expand.inputs[0]! : value;
  let from = made.get(before);
  for (let steps = 0; from && steps < 4; steps++) {
    const next: string | undefined = from.opType === 'Reshape' || from.opType === 'Unsqueeze' ? from.inputs[0]
      : from.opType === 'Max' ? from.inputs.find((name) => made.get(name)?.opType === 'ReduceMax') : undefined;
    if (next === undefined) break;
    from = made.get(next);
  }
  return { value: before, from };
}

function reducedAxes(node: Node, primals: Primals): readonly number[] | undefined {
  return node.inputs[1] ? primals.constant(node.inputs[1]) : attrInts(node, 'axes', undefined);
}

/** What `resolveTarget` needs to know and may add to. */
export interface TargetContext {
  readonly nodes: readonly Node[];
  readonly primals: Primals;
  /** Nodes made for the target (an appended softmax, layout ops applied to the logits) are added here. */
  readonly builder: GraphBuilder;
  /** Types of values made here. */
  readonly types: Map<string, { dtype: DType; dims: readonly number[] }>;
  readonly inputDims: Readonly<Record<string, readonly number[]>>;
  /** How many samples the inputs hold; default: what their first dims say. */
  readonly samples?: number;
}

/**
 * The value that `space` means for `output`, with nodes appended where the graph has no such value.
 * @throws Error when the output is no float tensor or has no batch dim.
 */
export function resolveTarget(output: string, space: TargetSpace, c: TargetContext): ResolvedTarget {
  const source = realScores(output, c);
  const shape = describe(source, output, c);
  if (space === 'output') return shape;
  const final = findFinalActivation(c.nodes, source, c.primals);
  if (space === 'logit') return final ? { ...shape, ...relaid(final.logits, final, c) } : shape;
  if (final?.kind === 'Softmax' || final?.kind === 'Sigmoid') return shape;
  if (final) { // the model returns log-probabilities
    const softmax = append(c, 'Softmax', [final.logits], { axis: final.axis }, typeOf(final.logits, c));
    return { ...shape, ...relaid(softmax, final, c) };
  }
  const flat = { dtype: shape.dtype, dims: [shape.batch, shape.classes] };
  const rows = append(c, 'Reshape', [source, c.builder.int64s(flat.dims)], {}, flat);
  const value = shape.classes === 1 ? append(c, 'Sigmoid', [rows], {}, flat) : append(c, 'Softmax', [rows], { axis: 1 }, flat);
  return { ...shape, ...flat, value };
}

/**
 * Labelled probabilities (a sequence of maps, as scikit-learn exports return) stand for the tensor behind them, and
 * whole numbers for the real ones they are rounded from.
 */
function realScores(output: string, c: TargetContext): string {
  const node = c.nodes.find((other) => other.outputs.includes(output));
  const stands = node?.domain === 'ai.onnx.ml' ? node.opType === 'ZipMap' : node?.opType === 'QuantizeLinear';
  return stands ? node!.inputs[0]! : output;
}

/** Dims of a target and its batch: dim 0, or 1 where a single sample is returned without a batch dim. */
function describe(value: string, output: string, c: TargetContext): ResolvedTarget {
  const type = c.primals.type(value);
  if (!type) throw new Error(`there is no value '${output}' in this model, or it is no tensor; choose one of its outputs`);
  const { dtype, dims } = type;
  if (!isFloat(dtype)) throw new Error(`output '${output}' holds ${dtype} values, which have no gradient; ${scoresInstead(value, c)}`);
  if (!dims) throw new Error(`the dims of output '${output}' depend on the data, so there is no fixed [N, C] to explain`);
  const batches = c.samples === undefined ? Object.values(c.inputDims).flatMap((inputDims) => inputDims.slice(0, 1)) : [c.samples];
  const found = `output '${output}' has dims [${dims.join(', ')}]`;
  if (dims.length > 0 && batches.includes(dims[0]!)) {
    return { value, dtype, dims, batch: dims[0]!, classes: elementCount(dims.slice(1)) };
  }
  if (batches.every((batch) => batch === 1)) return { value, dtype, dims, batch: 1, classes: elementCount(dims) };
  throw new Error(dims.length === 0
    ? `${found}: a scalar for the whole batch of ${batches.join('/')}; explain one sample at a time`
    : `${found}: its first dim is not the batch (${[...new Set(batches)].join(' or ')}); run one sample at a time`);
}

/** What to explain instead of labels: the float value they were picked from, where that is plain to see. */
function scoresInstead(output: string, c: TargetContext): string {
  const made = producers(c.nodes);
  let node = made.get(output);
  for (let steps = 0; node && steps < 16; steps++) {
    const source = node.inputs[0]!;
    if (isFloat(c.primals.type(source)?.dtype ?? 'undefined')) return `choose '${source}', from which ${node.opType} makes it`;
    node = made.get(source);
  }
  return 'choose the output with scores or probabilities';
}

/** Applies the layout ops behind an activation to another value, where they change the order of elements. */
function relaid(value: string, final: FinalActivation, c: TargetContext): { value: string; dims: readonly number[]; dtype: DType } {
  let current = value;
  if (!final.keepsOrder) {
    for (const node of final.layout) {
      if (unchanging.has(node.opType)) continue;
      const name = c.builder.fresh('logits');
      c.builder.nodes.push({ ...node, name, inputs: [current, ...node.inputs.slice(1)], outputs: [name] });
      c.types.set(name, typeOf(node.outputs[0]!, c));
      current = name;
    }
  }
  return { value: current, ...typeOf(current, c) };
}

function typeOf(value: string, c: TargetContext): { dtype: DType; dims: readonly number[] } {
  const type = c.types.get(value) ?? c.primals.type(value);
  if (!type?.dims) throw new Error(`the dims of '${value}', which is explained, depend on the data`);
  return { dtype: type.dtype, dims: type.dims };
}

function append(c: TargetContext, opType: string, inputs: readonly string[], attributes: Readonly<Record<string, number>>, type: { dtype: DType; dims: readonly number[] }): string {
  const name = c.builder.op(opType, inputs, attributes);
  c.types.set(name, type);
  return name;
}
