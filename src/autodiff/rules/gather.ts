/** Indexing: the cotangent is put where the elements were taken from; elements taken twice get both. */
import { attrInt, attrString } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext } from '../rule';
import { positiveAxis, product, range, scalar, withDim, zerosLike } from './helpers';

// y = x[indices] along one axis
export const gatherRule: Rule = {
  vjp: (c): Cotangents => {
    const [x, indices] = c.node.inputs as [string, string];
    const dims = c.dims(x), axis = positiveAxis(attrInt(c.node, 'axis', 0), dims.length), size = dims[axis]!;
    const indexDims = c.dims(indices), count = product(indexDims);
    // g [before, indices…, after] with one axis for all indices
    const flat = withDim(dims, axis, count);
    const g = indexDims.length === 1 ? c.g : c.b.reshape(c.g, flat);
    const known = c.constant(indices)?.map((index) => (index < 0 ? index + size : index));
    if (known && new Set(known).size === known.length && count > 0) return [gatherBack(c, g, known, axis, flat, size)];

    // Repeated or unknown indices: one-hot [count, size], then x̄ = one-hotᵀ · g as a matrix product
    const rows = product(dims.slice(0, axis)), columns = product(dims.slice(axis + 1));
    // ONNX Runtime has no OneHot for int32 indices with an int64 depth.
    const flatIndices = c.b.reshape(c.dtype(indices) === 'int64' ? indices : c.b.cast(indices, 'int64'), [count]);
    const oneHot = c.b.op('OneHot', [flatIndices, c.b.int64s([size]), c.b.constant([0, 1], c.dtype(x), [2])], { axis: 0 });
    return [c.b.reshape(c.b.op('MatMul', [oneHot, c.b.reshape(g, [rows, count, columns])]), dims)];
  },
};

/** Indices known and all different: padding where they are consecutive, else a gather by the inverse, zeros for the rest. */
function gatherBack(c: RuleContext, g: string, indices: readonly number[], axis: number, flat: readonly number[], size: number): string {
  const pads = range(2 * flat.length).map(() => 0);
  if (indices.every((index, position) => index === indices[0]! + position)) {
    pads[axis] = indices[0]!;
    pads[axis + flat.length] = size - indices[0]! - indices.length;
    return pads.every((pad) => pad === 0) ? g : c.b.pad(g, pads);
  }
  const inverse = range(size).fill(-1);
  indices.forEach((index, position) => { inverse[index] = position; });
  const complete = !inverse.includes(-1);
  pads[axis + flat.length] = 1; // one more cell, of zeros, for those nobody asked for
  const source = complete ? g : c.b.pad(g, pads);
  return c.b.op('Gather', [source, c.b.int64s(inverse.map((position) => (position < 0 ? indices.length : position)))], { axis });
}

/** ScatterElements and ScatterND add up from opset 16 on; before that repeated indices would overwrite each other. */
function needsAddition(c: RuleContext): void {
  if (c.opset < 16) c.fail(`its gradient needs operator set 16 or newer (this graph has ${c.opset}); convert the model to a newer opset`);
}

// y[…i…] = x[…indices[…i…]…]:  x̄ = zeros with g added at the indices
export const gatherElementsRule: Rule = {
  vjp: (c): Cotangents => {
    needsAddition(c);
    const [x, indices] = c.node.inputs as [string, string];
    return [c.b.op('ScatterElements', [zerosLike(c, x), indices, c.g], { axis: attrInt(c.node, 'axis', 0), reduction: 'add' })];
  },
};

// y = x at tuples of indices:  x̄ = zeros with g added at the tuples
export const gatherNdRule: Rule = {
  vjp: (c): Cotangents => {
    needsAddition(c);
    const [x, indices] = c.node.inputs as [string, string];
    const batch = attrInt(c.node, 'batch_dims', 0), dims = c.dims(x), indexDims = c.dims(indices);
    if (batch === 0) return [c.b.op('ScatterND', [zerosLike(c, x), indices, c.g], { reduction: 'add' })];
    // Batch axes are flattened to one, whose number is put in front of every tuple.
    const rows = product(dims.slice(0, batch)), tuples = product(indexDims.slice(batch, -1)), width = indexDims.at(-1)!;
    const inner = dims.slice(batch), rest = dims.slice(batch + width);
    const numbers = c.b.constant(range(rows).flatMap((row) => range(tuples).map(() => row)), 'int64', [rows, tuples, 1]);
    const full = c.b.concat([numbers, c.b.reshape(indices, [rows, tuples, width])], 2);
    const zeros = c.b.expand(scalar(c, 0, x), [rows, ...inner]);
    const scattered = c.b.op('ScatterND', [zeros, full, c.b.reshape(c.g, [rows, tuples, ...rest])], { reduction: 'add' });
    return [c.b.reshape(scattered, dims)];
  },
};

// y = data with updates at the indices:  data's cotangent is g with zeros there, the updates' is g taken there
export const scatterElementsRule: Rule = {
  vjp: (c): Cotangents => {
    const [, indices, updates] = c.node.inputs as [string, string, string];
    const axis = attrInt(c.node, 'axis', 0), adds = reduction(c) === 'add';
    return [
      c.wants(0) ? (adds ? c.g : c.b.op('ScatterElements', [c.g, indices, zerosLike(c, updates)], { axis })) : undefined,
      undefined,
      c.wants(2) ? c.b.op('GatherElements', [c.g, indices], { axis }) : undefined,
    ];
  },
};

export const scatterNdRule: Rule = {
  vjp: (c): Cotangents => {
    const [, indices, updates] = c.node.inputs as [string, string, string];
    return [
      c.wants(0) ? (reduction(c) === 'add' ? c.g : c.b.op('ScatterND', [c.g, indices, zerosLike(c, updates)])) : undefined,
      undefined,
      c.wants(2) ? c.b.op('GatherND', [c.g, indices]) : undefined,
    ];
  },
};

function reduction(c: RuleContext): 'none' | 'add' {
  const kind = attrString(c.node, 'reduction', 'none');
  if (kind !== 'none' && kind !== 'add') c.fail(`its reduction '${kind}' has no gradient here; only none and add have`);
  return kind as 'none' | 'add';
}

// Values of the k largest:  x̄ = zeros with g at their indices (all different, so nothing adds up)
export const topKRule: Rule = {
  vjp: (c): Cotangents => {
    const x = c.node.inputs[0]!, indices = c.node.outputs[1];
    if (!indices) c.fail('its second output, the indices, has no name, and the gradient needs it');
    return [c.b.op('ScatterElements', [zerosLike(c, x), indices as string, c.g], { axis: attrInt(c.node, 'axis', -1) })];
  },
};
