/**
 * Quantised graphs as float graphs for the gradient: every integer activation is followed as the real number it stands
 * for, after its rounding. What is computed stays what the quantised model computes; the derivative goes straight
 * through the rounding (Bengio 2013, arXiv 1308.3432) and stops where the range is exceeded (see rules/quantised.ts).
 */
import type { Attribute, Graph, Initializer, Node } from '../graph/graph';
import { attrFloat, attrInt } from '../graph/graph';
import { GraphBuilder } from '../graph/builder';
import type { Inference } from '../graph/inference/infer';
import { dtypeOf, staticDims } from '../graph/inference/infer';
import { ruleKey } from './context';
import { valueNames } from './flow';
import { identity } from './inline';

/** An integer value q and the float value (q − zero)·scale that stands for it. */
interface Carrier {
  readonly real: string;
  readonly scale: string;
  /** '' where it is zero. */
  readonly zero: string;
}

/** Ops that only move numbers, or choose the largest: the same for the real numbers, where one scale serves the whole tensor. */
const moving = new Set(['Identity', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice', 'Gather', 'Expand', 'Tile', 'Split', 'MaxPool', 'Concat', 'DepthToSpace', 'SpaceToDepth', 'Dropout']);

/** The graph with its quantised layers as float layers between roundings; undefined when nothing is quantised. */
export function dequantise(graph: Graph, inference: Inference, opset: number): Graph | undefined {
  if (!graph.nodes.some((node) => ruleKey(node) in layers || /(Quantize|Dequantize)Linear$/.test(node.opType))) return undefined;
  return new Dequantiser(graph, inference, opset).run();
}

type Layer = (d: Dequantiser, node: Node) => boolean;

class Dequantiser {
  readonly b: GraphBuilder;
  private readonly carriers = new Map<string, Carrier>();
  /** Integer accumulators (of ConvInteger and MatMulInteger): the float value, and the scale it is yet to be divided by. */
  readonly accumulators = new Map<string, { readonly real: string; readonly scale: string }>();
  /** Integer values made from floats by a Cast. */
  private readonly casts = new Map<string, string>();

  constructor(private readonly graph: Graph, private readonly inference: Inference, opset: number) {
    this.b = new GraphBuilder(opset, 'real/', valueNames(graph));
  }

  run(): Graph {
    const nodes: Node[] = [];
    for (const node of this.graph.nodes) {
      const layer = Object.hasOwn(layers, ruleKey(node)) ? layers[ruleKey(node)]! : undefined;
      const replaced = layer?.(this, node) ?? this.follow(node);
      const made = this.b.nodes.splice(0);
      // A layer that was replaced makes its output itself; nodes that were followed stay for whoever reads the integers.
      if (replaced !== true) nodes.push(node);
      nodes.push(...made);
    }
    return { ...this.graph, nodes, initializers: new Map<string, Initializer>([...this.graph.initializers, ...this.b.initializers]) };
  }

  /** Real numbers of an integer value. @param axis of the scales, where there are several. */
  realOf(q: string, scale: string, zero: string, axis?: number): string {
    const carrier = this.carriers.get(q);
    if (carrier && this.same(carrier.scale, scale) && this.sameZero(carrier.zero, zero)) return carrier.real;
    const source = this.casts.get(q);
    if (source !== undefined && this.isOne(scale)) {
      const shifted = zero === '' ? source : this.b.op('Sub', [source, this.b.cast(zero, 'float32')]);
      return this.b.op('Mul', [shifted, scale]);
    }
    return this.b.op('DequantizeLinear', zero === '' ? [q, scale] : [q, scale, zero], axis === undefined || this.isOne(scale) ? {} : { axis });
  }

  /** Makes integer value `output` from real numbers, and follows it. */
  quantised(real: string, scale: string, zero: string, output: string): void {
    const parameters = zero === '' ? [scale] : [scale, zero];
    this.b.nodes.push({ name: `${output}/rounded`, opType: 'QuantizeLinear', domain: '', inputs: [real, ...parameters], outputs: [output], attributes: new Map() });
    this.carriers.set(output, { real: this.b.op('DequantizeLinear', [output, ...parameters]), scale, zero });
  }

  /** A node of a float op with the attributes of `node`. */
  like(node: Node, opType: string, inputs: readonly string[], attributes: ReadonlyMap<string, Attribute> = node.attributes, domain = ''): string {
    const output = this.b.fresh(opType);
    this.b.nodes.push({ name: output, opType, domain, inputs, outputs: [output], attributes });
    return output;
  }

  dims(value: string): readonly number[] | undefined { return staticDims(this.inference, value); }

  /** Nodes outside the table. @returns true where the node itself is not needed any more. */
  private follow(node: Node): boolean {
    if (node.opType === 'QuantizeLinear' && this.plain(node)) {
      const [, scale, zero = ''] = node.inputs as [string, string, string?], parameters = zero === '' ? [scale] : [scale, zero], axis = node.attributes.get('axis');
      this.carriers.set(node.outputs[0]!, { real: this.like(node, 'DequantizeLinear', [node.outputs[0]!, ...parameters], new Map(axis ? [['axis', axis]] : [])), scale, zero });
      return false;
    }
    if (node.opType === 'DequantizeLinear' && this.plain(node)) {
      const [q, scale, zero = ''] = node.inputs as [string, string, string?];
      if (!this.carriers.has(q) && !this.casts.has(q)) return false;
      this.b.nodes.push(identity(this.realOf(q, scale, zero, attrInt(node, 'axis', 1)), node.outputs[0]!));
      return true;
    }
    if (node.domain === '' && node.opType === 'Cast') return this.cast(node);
    const carried = node.inputs.filter((name) => this.carriers.has(name));
    if (node.domain === '' && moving.has(node.opType) && carried.length > 0 && node.outputs.length > 0) this.move(node, carried);
    return false;
  }

  /** Block-wise scales are left alone. */
  private plain(node: Node): boolean {
    return (node.domain === '' || node.domain === 'com.microsoft') && attrInt(node, 'block_size', 0) === 0;
  }

  private cast(node: Node): boolean {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!], accumulator = this.accumulators.get(input);
    if (accumulator && dtypeOf(this.inference, output) === 'float32') {
      this.b.nodes.push(identity(this.b.op('Div', [accumulator.real, accumulator.scale]), output));
      return true;
    }
    if (dtypeOf(this.inference, input) === 'float32') this.casts.set(output, input);
    return false;
  }

  private move(node: Node, carried: readonly string[]): void {
    const first = this.carriers.get(carried[0]!)!;
    const alike = carried.every((name) => { const other = this.carriers.get(name)!; return this.same(other.scale, first.scale) && this.sameZero(other.zero, first.zero); });
    // Concat moves all of its inputs; the others move the first, and read shapes and indices besides.
    if (!alike || !this.isOne(first.scale) || (node.opType === 'Concat' ? carried.length < node.inputs.length : carried.length > 1 || carried[0] !== node.inputs[0])) return;
    const outputs = node.outputs.map((output, index) => (output === '' || (index > 0 && node.opType !== 'Split') ? '' : this.b.fresh(node.opType)));
    this.b.nodes.push({ ...node, name: `${node.name}/real`, inputs: node.inputs.map((name) => this.carriers.get(name)?.real ?? name), outputs });
    node.outputs.forEach((output, index) => { if (outputs[index]) this.carriers.set(output, { ...first, real: outputs[index]! }); });
  }

  /** The scale an integer value is followed with, if its zero is this one. */
  scaleOf(q: string, zero: string): string | undefined {
    const carrier = this.carriers.get(q);
    return carrier && this.sameZero(carrier.zero, zero) ? carrier.scale : undefined;
  }

  /** Scales of one, as many as there are zeros. */
  unitScales(zeros: string): string {
    const dims = this.dims(zeros) ?? [];
    return this.b.constant(new Array<number>(dims.reduce((product, dim) => product * dim, 1)).fill(1), 'float32', dims);
  }

  /** Whether one number serves the whole tensor. */
  isOne(value: string): boolean {
    const dims = this.dims(value);
    return dims !== undefined && dims.every((dim) => dim === 1);
  }

  private same(a: string, b: string): boolean {
    if (a === b) return true;
    const [x, y] = [this.inference.constants.get(a), this.inference.constants.get(b)];
    return x !== undefined && y !== undefined && x.length === y.length && x.every((value, index) => value === y[index]);
  }

  private sameZero(a: string, b: string): boolean {
    const isZero = (name: string): boolean => name === '' || (this.inference.constants.get(name)?.every((value) => value === 0) ?? false);
    return (isZero(a) && isZero(b)) || (a !== '' && b !== '' && this.same(a, b));
  }
}

// --- layers -------------------------------------------------------------------------------------------------------

/** (x, scale, zero) triples from input `at` on. */
const triple = (d: Dequantiser, node: Node, at: number, axis?: number): string => d.realOf(node.inputs[at]!, node.inputs[at + 1]!, node.inputs[at + 2] ?? '', axis);

/** x, w with their scales → y with its own; a bias of 32 bits in steps of both scales' product. */
const convolution: Layer = (d, node) => {
  const [, xScale, , , wScale, , yScale, yZero, bias] = node.inputs as string[];
  const inputs = [triple(d, node, 0), triple(d, node, 3, 0)];
  if (bias) inputs.push(d.realOf(bias, d.b.op('Mul', [xScale!, wScale!]), '', 0));
  d.quantised(d.like(node, 'Conv', inputs), yScale!, yZero ?? '', node.outputs[0]!);
  return true;
};

const matMul: Layer = (d, node) => {
  const rank = d.dims(node.inputs[3]!)?.length ?? 2;
  d.quantised(d.b.op('MatMul', [triple(d, node, 0), triple(d, node, 3, rank - 1)]), node.inputs[6]!, node.inputs[7] ?? '', node.outputs[0]!);
  return true;
};

const binary = (opType: string): Layer => (d, node) => {
  d.quantised(d.b.op(opType, [triple(d, node, 0), triple(d, node, 3)]), node.inputs[6]!, node.inputs[7] ?? '', node.outputs[0]!);
  return true;
};

/** X, scale, zero, scale and zero of Y; the float op has the attributes that `keep` lets through. */
const unary = (opType: string, keep: readonly string[]): Layer => (d, node) => {
  if (attrInt(node, 'channels_last', 0) !== 0) return false;
  const attributes = new Map([...node.attributes].filter(([name]) => keep.includes(name)));
  d.quantised(d.like(node, opType, [triple(d, node, 0)], attributes), node.inputs[3]!, node.inputs[4] ?? '', node.outputs[0]!);
  return true;
};

const concat: Layer = (d, node) => {
  const parts: string[] = [];
  for (let at = 2; at + 1 < node.inputs.length; at += 3) parts.push(triple(d, node, at));
  d.quantised(d.b.concat(parts, attrInt(node, 'axis', 0)), node.inputs[0]!, node.inputs[1] ?? '', node.outputs[0]!);
  return true;
};

/** alpha·A·B + C; without a scale of its own the result is real. */
const gemm: Layer = (d, node) => {
  const [, aScale, , , bScale, , c, yScale, yZero] = node.inputs as string[], transB = attrInt(node, 'transB', 0), alpha = attrFloat(node, 'alpha', 1);
  const inputs = [triple(d, node, 0), triple(d, node, 3, transB === 1 ? 0 : 1)];
  if (c) inputs.push(d.realOf(c, d.b.op('Mul', [aScale!, bScale!]), '', 0));
  const y = d.b.op('Gemm', inputs, { alpha: { float: alpha }, transA: attrInt(node, 'transA', 0), transB });
  if (yScale) d.quantised(y, yScale, yZero ?? '', node.outputs[0]!);
  else d.b.nodes.push(identity(y, node.outputs[0]!));
  return true;
};

/** Σ (x − zero)·(w − zero) in whole numbers: real x against w in steps of one; a Cast and the scales follow. */
const integer = (opType: 'Conv' | 'MatMul'): Layer => (d, node) => {
  const [x, w, xZero = '', wZero = ''] = node.inputs as [string, string, string?, string?];
  const scale = d.scaleOf(x, xZero);
  if (scale === undefined) return false;
  const weights = d.b.op('DequantizeLinear', wZero === '' ? [w, d.b.constant(1, 'float32')] : [w, d.unitScales(wZero), wZero], wZero === '' || d.isOne(wZero) ? {} : { axis: opType === 'Conv' ? 0 : 1 });
  const real = d.realOf(x, scale, xZero);
  d.accumulators.set(node.outputs[0]!, { real: opType === 'Conv' ? d.like(node, 'Conv', [real, weights]) : d.b.op('MatMul', [real, weights]), scale });
  return false;
};

/** y, scale and zero of x; y is followed. */
const dynamic: Layer = (d, node) => {
  const [q, scale, zero] = node.outputs as [string, string, string];
  // Written as a rounding by the scale that the operator finds, which counts as constant.
  const found = { ...node, outputs: [d.b.fresh('whole'), scale, zero] };
  d.b.nodes.push(found);
  d.quantised(node.inputs[0]!, scale, zero, q);
  return true;
};

/** A, B, scales, zeros, bias → float. */
const toFloat: Layer = (d, node) => {
  const [a, b, aScale, bScale, aZero = '', bZero = '', bias] = node.inputs as string[];
  const product = d.b.op('MatMul', [d.realOf(a!, aScale!, aZero), d.realOf(b!, bScale!, bZero, 1)]);
  d.b.nodes.push(identity(bias ? d.b.op('Add', [product, bias]) : product, node.outputs[0]!));
  return true;
};

/** A is real and rounded by its own range; B, scale, zero, bias. */
const dynamicMatMul: Layer = (d, node) => {
  const [a, b, bScale, bZero = '', bias] = node.inputs as string[];
  const [, scale, zero] = d.b.ops('DynamicQuantizeLinear', [a!], 3) as [string, string, string], q = d.b.fresh('rounded');
  d.quantised(a!, scale, zero, q);
  const product = d.b.op('MatMul', [d.realOf(q, scale, zero), d.realOf(b!, bScale!, bZero, 1)]);
  d.b.nodes.push(identity(bias ? d.b.op('Add', [product, bias]) : product, node.outputs[0]!));
  return true;
};

/** Layers of integers that are written as real ones. */
export function isQuantisedLayer(key: string): boolean {
  return Object.hasOwn(layers, key);
}

const pool = ['kernel_shape', 'strides', 'pads', 'dilations', 'auto_pad', 'ceil_mode', 'count_include_pad'];

const layers: Readonly<Record<string, Layer>> = {
  QLinearConv: convolution, QLinearMatMul: matMul, 'com.microsoft:QLinearConv': convolution,
  'com.microsoft:QLinearAdd': binary('Add'), 'com.microsoft:QLinearMul': binary('Mul'),
  'com.microsoft:QLinearSigmoid': unary('Sigmoid', []), 'com.microsoft:QLinearLeakyRelu': unary('LeakyRelu', ['alpha']), 'com.microsoft:QLinearSoftmax': unary('Softmax', ['axis']),
  'com.microsoft:QLinearGlobalAveragePool': unary('GlobalAveragePool', []), 'com.microsoft:QLinearAveragePool': unary('AveragePool', pool),
  'com.microsoft:QLinearConcat': concat, 'com.microsoft:QGemm': gemm,
  ConvInteger: integer('Conv'), MatMulInteger: integer('MatMul'), DynamicQuantizeLinear: dynamic,
  'com.microsoft:MatMulIntegerToFloat': toFloat, 'com.microsoft:DynamicQuantizeMatMul': dynamicMatMul,
};
