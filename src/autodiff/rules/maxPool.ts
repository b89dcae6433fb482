/** The cotangent of MaxPool: each output's goes to the first maximum of its window in row-major order, as torch has it. */
import { attrInt, attrInts } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../builder';
import type { Cotangents, RuleContext } from '../rule';
import { windowAxes } from './windows';
import type { WindowAxis } from './windows';

/**
 * A max pool is one 1-D max pool per axis, last axis first. Going back first axis first, each stage gives the cotangent
 * to the first maximum along its axis, so together they find the first row, then the first column in it: the first
 * maximum in row-major order.
 */
export function maxPoolVjp(context: RuleContext): Cotangents {
  const { b, node } = context;
  const x = node.inputs[0]!, y = node.outputs[0]!, xDims = context.dims(x), yDims = context.dims(y);
  const kernel = attrInts(node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape');
  if (node.outputs[1] && context.cotangents[1]) context.fail('its Indices output has no derivative');
  const dtype = context.dtype(x);
  const axes = windowAxes(node, xDims.slice(2), yDims.slice(2), kernel);

  // Forward stages: values[a] is the input of stage a (axes a+1… are pooled already), values[last] is x.
  const active = axes.map((axis, index) => ({ axis, index })).filter(({ axis }) => axis.kernel > 1 || axis.stride > 1 || axis.begin !== 0 || axis.end !== 0);
  const inputs: string[] = [];
  const inputDims: number[][] = [];
  let value = x;
  let dims = [...xDims];
  for (let at = active.length - 1; at >= 0; at--) {
    inputs[at] = value;
    inputDims[at] = dims;
    dims = dims.map((d, axis) => (axis === active[at]!.index + 2 ? active[at]!.axis.out : d));
    if (at > 0) value = settled(b, poolAxis(context, value, axes, active[at]!.index), dims, axes);
  }
  let g = context.g, output = settled(b, y, yDims, axes);
  active.forEach(({ axis, index }, at) => {
    g = firstMaximum(b, inputs[at]!, inputDims[at]!, output, g, index + 2, axis, dtype);
    output = inputs[at]!;
  });
  return [g];
}

/**
 * The value with dims that nobody can doubt. With ceil_mode there may be one more window, lying wholly in the padding:
 * ONNX's shape inference of some opsets counts it, ONNX Runtime's kernel does not, and the session would not be made.
 */
function settled(b: GraphBuilder, value: string, dims: readonly number[], axes: readonly WindowAxis[]): string {
  const hangsOver = axes.some(({ size, out, kernel, stride, dilation, begin, padEnd }) => Math.ceil((size + begin + padEnd - dilation * (kernel - 1) - 1) / stride) + 1 > out);
  return hangsOver ? b.reshape(value, dims) : value;
}

/** The same MaxPool along one axis only. */
function poolAxis(context: RuleContext, x: string, axes: readonly WindowAxis[], index: number): string {
  const { b, node } = context;
  const only = <T>(value: T, rest: T): T[] => axes.map((_, at) => (at === index ? value : rest));
  const axis = axes[index]!;
  return b.op('MaxPool', [x], {
    kernel_shape: only(axis.kernel, 1), strides: only(axis.stride, 1), dilations: only(axis.dilation, 1),
    pads: [...only(axis.begin, 0), ...only(axis.padEnd, 0)], ceil_mode: attrInt(node, 'ceil_mode', 0),
  });
}

/** One stage: hands `g` (dims as `output`) to the first of the k entries along `axis` that equals `output`. */
function firstMaximum(b: GraphBuilder, x: string, xDims: readonly number[], output: string, g: string, axis: number, window: WindowAxis, dtype: DType): string {
  const { kernel, stride, dilation, begin, end, out, size } = window;
  const rank = xDims.length;
  const padsAt = (before: number, after: number): number[] => [...xDims.map((_, a) => (a === axis ? before : 0)), ...xDims.map((_, a) => (a === axis ? after : 0))];
  let padded = x;
  if (begin > 0 || end > 0) padded = b.op('Pad', [x, b.int64s(padsAt(Math.max(begin, 0), Math.max(end, 0))), b.constant(-Infinity, dtype)]);
  const zero = b.constant(0, dtype);

  // Residue classes of positions modulo the stride: phases[r][q] is position s·q + r of the padded input.
  const length = Math.ceil((size + begin) / stride);
  const phases: (string | undefined)[] = new Array<string | undefined>(stride).fill(undefined);
  let rest = g;
  for (let k = 0; k < kernel; k++) {
    const from = dilation * k;
    let part = rest;
    if (k < kernel - 1) {
      const entry = stride === 1 && from === 0 && out === size + Math.max(begin, 0) + Math.max(end, 0) ? padded
        : b.slice(padded, [from], [from + (out - 1) * stride + 1], [axis], [stride]);
      const hit = b.op('Equal', [entry, output]);
      part = b.op('Where', [hit, rest, zero]);
      rest = b.op('Where', [hit, zero, rest]);
    }
    const residue = from % stride, shift = (from - residue) / stride;
    const after = length - out - shift;
    const moved = shift === 0 && after === 0 ? part : b.op('Pad', [part, b.int64s(padsAt(shift, after))]);
    phases[residue] = phases[residue] === undefined ? moved : b.op('Add', [phases[residue]!, moved]);
  }

  let merged: string;
  const apart = [...xDims.slice(0, axis), length, 1, ...xDims.slice(axis + 1)];
  if (stride === 1) {
    merged = phases[0]!;
  } else {
    const blank = b.constant(0, dtype, []);
    const columns = phases.map((phase) => (phase === undefined ? b.expand(blank, apart) : b.reshape(phase, apart)));
    merged = b.reshape(b.concat(columns, axis + 1), [...xDims.slice(0, axis), length * stride, ...xDims.slice(axis + 1)]);
  }
  if (begin === 0 && length * stride === size) return merged;
  const stop = begin + size;
  return rank > 0 ? b.slice(merged, [begin], [stop], [axis]) : merged;
}
