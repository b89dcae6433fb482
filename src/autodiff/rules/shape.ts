/** Ops that move elements without changing them: the cotangent moves back. */
import { attrInt, attrInts, attrString } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { gatherElementsRule, gatherNdRule, gatherRule, scatterElementsRule, scatterNdRule, topKRule } from './gather';
import { padRule } from './pad';
import { positiveAxis, product, range, requireConstant, unary, withDim, zerosLike } from './helpers';
import { reshapeOneChannel } from './oneChannel';
import { splitChannels } from './splitChannels';

// Reshape, Flatten, Squeeze, Unsqueeze:  x̄ = g with the dims of x
const reshaped = unary((c, x) => reshapeOneChannel(c, c.b.reshape(c.g, c.dims(x)), c.dims(c.node.outputs[0]!), c.dims(x)));

// y = x with axes permuted:  x̄ = g permuted back
const transpose = unary((c, x) => {
  const rank = c.dims(x).length;
  const perm = attrInts(c.node, 'perm', undefined) ?? range(rank).reverse();
  const inverse = range(rank).map((axis) => perm.indexOf(axis));
  return c.b.transpose(c.g, inverse);
});

// y = x₁ ‖ x₂ ‖ …:  each gets its piece of g
const concat: Rule = {
  vjp: (c): Cotangents => {
    const axis = positiveAxis(attrInt(c.node, 'axis', 0), c.dims(c.node.outputs[0]!).length);
    const sizes = c.node.inputs.map((input) => c.dims(input)[axis]!);
    if (sizes.length === 1) return [c.g];
    const wanted = sizes.flatMap((size, index) => (c.wants(index) && size > 0 ? [index] : []));
    if (wanted.length === 1) { // a slice reads only what is wanted
      const start = sizes.slice(0, wanted[0]).reduce((sum, size) => sum + size, 0);
      const cotangents: (string | undefined)[] = [];
      cotangents[wanted[0]!] = c.b.slice(c.g, [start], [start + sizes[wanted[0]!]!], [axis]);
      return cotangents;
    }
    return axis === 1 ? splitChannels(c, c.g, { whole: c.node.outputs[0]!, parts: c.node.inputs, sizes }) : c.b.split(c.g, axis, sizes);
  },
};

// Pieces of x:  x̄ = the cotangents side by side, zeros where nothing flows
const split: Rule = {
  vjp: (c): Cotangents => {
    const axis = positiveAxis(attrInt(c.node, 'axis', 0), c.dims(c.node.inputs[0]!).length);
    const pieces = c.node.outputs.map((output, index) => (output === '' ? undefined : c.cotangents[index] ?? zerosLike(c, output)));
    if (pieces.includes(undefined)) c.fail('an output of it has no name, so its size is not known');
    return [c.b.concat(pieces as string[], axis)];
  },
};

/**
 * y = x[start : end : step]:  x̄ = zeros with g at start, start + step, …. A step s > 1 is undone by s − 1 zeros behind
 * every element, a negative one by turning g around first.
 */
const slice: Rule = {
  vjp: (c): Cotangents => {
    const x = c.node.inputs[0]!, dims = c.dims(x), out = [...c.dims(c.node.outputs[0]!)];
    const starts = requireConstant(c, 1, 'starts');
    const axes = (c.node.inputs[3] ? requireConstant(c, 3, 'axes') : range(starts.length)).map((axis) => positiveAxis(axis, dims.length));
    const steps = c.node.inputs[4] ? requireConstant(c, 4, 'steps') : starts.map(() => 1);
    if (product(out) === 0) return [zerosLike(c, x)];

    const reversed = axes.filter((_, index) => steps[index]! < 0);
    let g = reversed.length === 0 ? c.g
      : c.b.slice(c.g, reversed.map(() => -1), reversed.map((axis) => -dims[axis]! - 1), reversed, reversed.map(() => -1));
    const before = dims.map(() => 0), after = dims.map((dim, axis) => dim - out[axis]!);
    axes.forEach((axis, index) => {
      const dim = dims[axis]!, count = out[axis]!, step = Math.abs(steps[index]!);
      const given = starts[index]! < 0 ? starts[index]! + dim : starts[index]!;
      const first = steps[index]! > 0 ? Math.min(Math.max(given, 0), dim) : Math.min(Math.max(given, 0), dim - 1) - (count - 1) * step;
      if (step > 1 && count > 1) g = spread(c, g, out, axis, step);
      before[axis] = first;
      after[axis] = dim - first - out[axis]!;
    });
    return [before.every((pad) => pad === 0) && after.every((pad) => pad === 0) ? g : c.b.pad(g, [...before, ...after])];
  },
};

/** Puts step − 1 zeros between neighbours along `axis`; `dims` is updated to the new dims. */
function spread(c: RuleContext, g: string, dims: number[], axis: number, step: number): string {
  const count = dims[axis]!;
  const columns = [...dims.slice(0, axis), count, 1, ...dims.slice(axis + 1)];
  const pads = [...columns.map(() => 0), ...columns.map((_, index) => (index === axis + 1 ? step - 1 : 0))];
  const long = c.b.reshape(c.b.pad(c.b.reshape(g, columns), pads), withDim(dims, axis, count * step));
  dims[axis] = (count - 1) * step + 1; // what stands behind the last element may not fit
  return c.b.slice(long, [0], [dims[axis]!], [axis]);
}

// y = x repeated r times along each axis:  x̄ = Σ over the copies
const tile = unary((c, x) => {
  const dims = c.dims(x), out = c.dims(c.node.outputs[0]!);
  const repeats = dims.map((dim, axis) => (dim === 0 ? 1 : out[axis]! / dim));
  const copies = repeats.flatMap((repeat, axis) => (repeat === 1 ? [] : [axis]));
  if (copies.length === 0) return c.g;
  const split = dims.flatMap((dim, axis) => (repeats[axis] === 1 ? [dim] : [repeats[axis]!, dim]));
  // The axis of copies stands before its own, shifted by the copies before it.
  const sumAxes = copies.map((axis, index) => axis + index);
  return c.b.reduce('ReduceSum', c.b.reshape(c.g, split), sumAxes, false);
});

// Blocks of channels laid out in space:  the definition of DepthToSpace, run backwards
const depthToSpace = unary((c, x) => {
  const [n, channels, h, w] = c.dims(x) as [number, number, number, number];
  const block = attrInt(c.node, 'blocksize', 1), depth = channels / (block * block);
  const columnFirst = attrString(c.node, 'mode', 'DCR') === 'CRD';
  // y [n, depth, h, b, w, b] came from x [n, b, b, depth, h, w] (DCR) or [n, depth, b, b, h, w] (CRD)
  const parts = c.b.reshape(c.g, [n, depth, h, block, w, block]);
  const back = c.b.transpose(parts, columnFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]);
  return c.b.reshape(back, [n, channels, h, w]);
});

// y [n, b·b·C, h, w] came from x [n, C, h, b, w, b]; DepthToSpace in DCR mode is its inverse
const spaceToDepth = unary((c) => c.b.op('DepthToSpace', [c.g], { blocksize: attrInt(c.node, 'blocksize', 1) }));

// A triangle of x:  x̄ = the same triangle of g
const trilu: Rule = { vjp: (c): Cotangents => [c.b.op('Trilu', [c.g, ...c.node.inputs.slice(1)], { upper: attrInt(c.node, 'upper', 1) })] };

// Reversing twice is doing nothing
const reverseSequence: Rule = {
  vjp: (c): Cotangents => [c.b.op('ReverseSequence', [c.g, c.node.inputs[1]!], {
    batch_axis: attrInt(c.node, 'batch_axis', 1), time_axis: attrInt(c.node, 'time_axis', 0),
  })],
};

export const shapeRules: RuleTable = {
  Reshape: reshaped, Flatten: reshaped, Squeeze: reshaped, Unsqueeze: reshaped, Transpose: transpose,
  Concat: concat, Split: split, Slice: slice, Pad: padRule, Tile: tile,
  // y = x broadcast:  x̄ = g summed over what was repeated
  Expand: { broadcasts: true, vjp: (c): Cotangents => [c.g] },
  DepthToSpace: depthToSpace, SpaceToDepth: spaceToDepth, Trilu: trilu, ReverseSequence: reverseSequence,
  Gather: gatherRule, GatherElements: gatherElementsRule, GatherND: gatherNdRule,
  ScatterElements: scatterElementsRule, ScatterND: scatterNdRule, TopK: topKRule,
};
