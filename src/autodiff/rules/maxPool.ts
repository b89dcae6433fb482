/** The cotangent of MaxPool: each output's goes to the first maximum of its window in row-major order, as torch has it. */
import { attrInt, attrInts } from '../../graph/graph';
import type { Node } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../../graph/builder';
import type { Cotangents, RuleContext } from '../rule';
import { carriedToMaximum, firstMaximum, firstMaximumByArithmetic } from './firstMaximum';
import { isNonNegative } from './nonNegative';
import { joinPhases, type Phase } from './phases';
import { depthwise, windowAxes } from './windows';
import type { WindowAxis } from './windows';

/** What is needed to hand another cotangent through the same pool, or the same through some of its channels. */
interface Pool {
  readonly node: Node;
  readonly axes: readonly WindowAxis[];
  readonly xDims: readonly number[];
  readonly dtype: DType;
  /** Arithmetic stages apply; `lifted` where zeros of the input must be told from the zeros of the padding. */
  readonly form: 'slices' | 'arithmetic' | 'lifted';
}

interface PoolNote {
  readonly pool: Pool;
  readonly x: string;
  readonly y: string;
  readonly g: string;
}

/** Cotangents made here, so that what follows may be applied to the pooled values instead. */
const notes = new WeakMap<GraphBuilder, Map<string, PoolNote>>();

export function maxPoolVjp(context: RuleContext): Cotangents {
  const { b, node } = context;
  const x = node.inputs[0]!, y = node.outputs[0]!, xDims = context.dims(x), yDims = context.dims(y);
  const kernel = attrInts(node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape');
  if (node.outputs[1] && context.cotangents[1]) context.fail('its Indices output has no derivative');
  const axes = windowAxes(node, xDims.slice(2), yDims.slice(2), kernel);
  return [through(b, { node, axes, xDims, dtype: context.dtype(x), form: formOf(context, axes) }, x, y, context.g)];
}

/**
 * Arithmetic stages are for pictures in float32 on the CPU. The convolutions in them pad with zeros, which must not
 * pass for a maximum. Behind the input they cannot: an earlier entry has been found by then. In front of it they can
 * where the maximum is zero or less; an input known not to be negative is lifted a little above zero for that.
 */
function formOf(context: RuleContext, axes: readonly WindowAxis[]): Pool['form'] {
  const x = context.node.inputs[0]!;
  const fits = context.dialect === 'cpu' && axes.length === 2 && context.dtype(x) === 'float32'
    && axes.every((axis) => axis.dilation === 1 && axis.kernel <= 5);
  // Padding with −∞ is no number in sums and products; comparisons can do with it.
  const pad = context.producer?.(x);
  if (!fits || (pad?.opType === 'Pad' && !(context.constant(pad.inputs[2]) ?? [pad.inputs[2] ? NaN : 0]).every(Number.isFinite))) return 'slices';
  if (axes.every((axis) => axis.begin === 0)) return 'arithmetic';
  return isNonNegative(context, x) ? 'lifted' : 'slices';
}

/**
 * A max pool is one 1-D max pool per axis, last axis first. Going back first axis first, each stage gives the cotangent
 * to the first maximum along its axis, so together they find the first row, then the first column in it: the first
 * maximum in row-major order.
 */
function through(b: GraphBuilder, pool: Pool, x: string, y: string, g: string): string {
  const cotangent = pool.form === 'slices' ? throughSlices(b, pool, x, y, g) : throughPhases(b, pool, x, y, g);
  let table = notes.get(b);
  if (!table) notes.set(b, table = new Map());
  if (cotangent !== g) table.set(cotangent, { pool, x, y, g });
  return cotangent;
}

function throughSlices(b: GraphBuilder, { node, axes, xDims, dtype }: Pool, x: string, y: string, g: string): string {
  return stagesOf(b, node, axes, xDims, x, y).reduce((cotangent, { input, dims, output, index }) => firstMaximum(b, input, dims, output, cotangent, index + 2, axes[index]!, dtype), g);
}

/** A max pool along one axis. */
interface Stage {
  readonly input: string;
  readonly dims: readonly number[];
  readonly output: string;
  readonly index: number;
}

/** The forward stages, first axis first: the input of stage a is pooled along the later axes already, that of the last is x. */
function stagesOf(b: GraphBuilder, node: Node, axes: readonly WindowAxis[], xDims: readonly number[], x: string, y: string): Stage[] {
  const active = axes.map((axis, index) => ({ axis, index })).filter(({ axis }) => isActive(axis)).reverse();
  const stages: Stage[] = [];
  let input = x, dims = [...xDims];
  active.forEach(({ axis, index }, at) => {
    const pooled = dims.map((d, own) => (own === index + 2 ? axis.out : d));
    const output = settled(b, at === active.length - 1 ? y : poolAlong(b, node, input, axes, [index]), pooled, axes);
    stages.unshift({ input, dims, output, index });
    [input, dims] = [output, pooled];
  });
  return stages;
}

/** What `carried` (dims as the pool's input) holds where each window has its first maximum: dims as the pool's output. */
export function atMaxima(context: RuleContext, carried: string): string {
  const { b, node } = context, x = node.inputs[0]!, y = node.outputs[0]!, xDims = context.dims(x), dtype = context.dtype(x);
  const axes = windowAxes(node, xDims.slice(2), context.dims(y).slice(2), attrInts(node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape'));
  return stagesOf(b, node, axes, xDims, x, y).reverse()
    .reduce((value, { input, dims, output, index }) => carriedToMaximum(b, input, dims, output, value, index + 2, axes[index]!, dtype), carried);
}

function isActive({ kernel, stride, begin, end }: WindowAxis): boolean {
  return kernel > 1 || stride > 1 || begin !== 0 || end !== 0;
}

/** Rows, then the columns of every phase of the rows. */
function throughPhases(b: GraphBuilder, { node, axes, xDims, dtype, form }: Pool, x: string, y: string, g: string): string {
  const [n, channels, height, width] = xDims as [number, number, number, number], [vertical, horizontal] = axes as [WindowAxis, WindowAxis];
  let value = x, output = y;
  if (form === 'lifted') {
    value = b.op('Conv', [x, b.constant(new Array<number>(channels).fill(1), dtype, [channels, 1, 1, 1]), b.constant(new Array<number>(channels).fill(2 ** -100), dtype)], { group: channels, kernel_shape: [1, 1] });
    output = poolAlong(b, node, value, axes, [0, 1]);
  }
  output = settled(b, output, [n, channels, vertical.out, horizontal.out], axes);
  const wide = isActive(horizontal), pooled = wide ? settled(b, poolAlong(b, node, value, axes, [1]), [n, channels, height, horizontal.out], axes) : value;
  const minus = (from: string, entry: string): string => b.op('Add', [entry, from]);
  const rows = !isActive(vertical) ? [{ phase: { offset: 0, count: height }, value: g }]
    : firstMaximumByArithmetic(b, g, channels, 0, vertical, (j) => minus(output, entries(b, pooled, channels, [windowStart(vertical, j), every(horizontal.out)], [height, horizontal.out], -1)));
  const cut = rows.map(({ phase, value: cotangent }) => {
    if (!wide) return [{ phase: { offset: 0, count: width }, value: cotangent }];
    const row = { ...phase, stride: vertical.stride };
    const maxima = isActive(vertical) && vertical.stride > 1 ? entries(b, pooled, channels, [row, every(horizontal.out)], [height, horizontal.out], 1) : pooled;
    return firstMaximumByArithmetic(b, cotangent, channels, 1, horizontal, (j) => minus(maxima, entries(b, value, channels, [row, windowStart(horizontal, j)], [height, width], -1)));
  });
  return joinPhases(b, {
    dims: xDims, periods: [vertical.stride, horizontal.stride], axes: [rows.map(({ phase }) => phase), cut[0]!.map(({ phase }) => phase)],
    parts: cut.map((columns) => columns.map((column) => column.value)),
  }, dtype);
}

/** Every stride-th position of an axis, from `offset` on. */
interface Positions extends Phase { readonly stride: number }

const every = (count: number): Positions => ({ offset: 0, count, stride: 1 });
const windowStart = ({ begin, out, stride }: WindowAxis, j: number): Positions => ({ offset: j - begin, count: out, stride });

/** factor · x at the positions (zero outside of it), by a depthwise Conv. */
function entries(b: GraphBuilder, x: string, channels: number, at: readonly [Positions, Positions], size: readonly [number, number], factor: number): string {
  const before = at.map(({ offset }) => Math.max(-offset, 0)), behind = at.map(({ offset, count, stride }, axis) => Math.max((count - 1) * stride + offset + 1 - size[axis]!, 0));
  // Idle taps in front of the one that reads, and behind it where the kernel would fit in once more than asked for.
  const front = at.map(({ offset }) => Math.max(offset, 0));
  const kernel = at.map(({ count, stride }, axis) => Math.max(front[axis]! + 1, size[axis]! + before[axis]! + behind[axis]! - count * stride + 1)) as [number, number];
  const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, index) => (index === front[0]! * kernel[1] + front[1]! ? factor : 0));
  return depthwise(b, x, channels, kernel, taps, { strides: at.map(({ stride }) => stride), pads: [...before, ...behind] });
}

/**
 * Applies the derivative of an elementwise op with output y, which depends on y only. Where `g` came through a max pool
 * of y, the maxima are what the derivative is taken at: it is applied to the pooled (smaller) values, before the pool.
 */
export function beforePool(b: GraphBuilder, g: string, y: string, apply: (g: string, y: string) => string): string {
  if (!cameThroughPool(b, g, y)) return apply(g, y);
  const note = notes.get(b)!.get(g)!;
  return through(b, note.pool, y, note.y, apply(note.g, note.y));
}

/** A value and the values it consists of along the channels, with their channel counts. */
export interface ChannelParts {
  readonly whole: string;
  readonly parts: readonly string[];
  readonly sizes: readonly number[];
}

/** Whether cotangent `g` is that of a max pool's input `x`, in a form that is worth making anew (a pool that keeps the size is not). */
export function cameThroughPool(b: GraphBuilder, g: string, x: string): boolean {
  const note = notes.get(b)?.get(g);
  return note?.x === x && note.pool.form !== 'slices' && note.pool.axes.some((axis) => axis.stride > 1);
}

/**
 * The cotangents of the parts of a value whose cotangent `g` came through a max pool of it: each part goes back
 * through its own pool. `split` cuts the pooled cotangent into those of the pooled parts.
 */
export function splitPool(b: GraphBuilder, g: string, value: ChannelParts, split: (g: string, value: ChannelParts) => readonly string[]): string[] {
  const note = notes.get(b)!.get(g)!;
  const { pool } = note, everywhere = pool.axes.map((_, axis) => axis);
  const pooled = value.parts.map((part) => poolAlong(b, pool.node, part, pool.axes, everywhere));
  const pieces = split(note.g, { whole: note.y, parts: pooled, sizes: value.sizes });
  return value.parts.map((part, index) => {
    const xDims = pool.xDims.map((d, axis) => (axis === 1 ? value.sizes[index]! : d));
    return through(b, { ...pool, xDims }, part, pooled[index]!, pieces[index]!);
  });
}

/**
 * The value with dims that nobody can doubt. With ceil_mode there may be one more window, lying wholly in the padding:
 * ONNX's shape inference of some opsets counts it, ONNX Runtime's kernel does not, and the session would not be made.
 */
function settled(b: GraphBuilder, value: string, dims: readonly number[], axes: readonly WindowAxis[]): string {
  const hangsOver = axes.some(({ size, out, kernel, stride, dilation, begin, padEnd }) => Math.ceil((size + begin + padEnd - dilation * (kernel - 1) - 1) / stride) + 1 > out);
  return hangsOver ? b.reshape(value, dims) : value;
}

/** The same MaxPool along some of its axes only. */
function poolAlong(b: GraphBuilder, node: Node, x: string, axes: readonly WindowAxis[], along: readonly number[]): string {
  const only = (value: (axis: WindowAxis) => number, rest: number): number[] => axes.map((axis, at) => (along.includes(at) ? value(axis) : rest));
  return b.op('MaxPool', [x], {
    kernel_shape: only((axis) => axis.kernel, 1), strides: only((axis) => axis.stride, 1), dilations: only((axis) => axis.dilation, 1),
    pads: [...only((axis) => axis.begin, 0), ...only((axis) => axis.padEnd, 0)], ceil_mode: attrInt(node, 'ceil_mode', 0),
  });
}
