/** Pad: what was copied into the margin flows back to where it was copied from. */
import { attrInts, attrString } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext } from '../rule';
import { cropConv } from './cropConv';
import { positiveAxis, range } from './helpers';

export const padRule: Rule = {
  vjp: (c): Cotangents => {
    const x = c.node.inputs[0]!, dims = c.dims(x);
    const [begins, ends] = padding(c, dims.length);
    const mode = attrString(c.node, 'mode', 'constant');
    const cotangents: (string | undefined)[] = [];
    if (mode === 'constant') {
      const core = crop(c, begins, ends);
      if (c.wants(0)) cotangents[0] = core;
      if (c.wants(2)) { // the fill value is seen by every cell of the margin
        const margin = c.b.op('Sub', [c.b.reduce('ReduceSum', c.g, undefined, false), c.b.reduce('ReduceSum', core, undefined, false)]);
        cotangents[2] = c.b.reshape(margin, c.dims(c.node.inputs[2]!));
      }
      return cotangents;
    }
    // Negative pads crop x before the margin is filled.
    const cropped = dims.map((dim, axis) => dim + Math.min(0, begins[axis]!) + Math.min(0, ends[axis]!));
    let g = c.g;
    for (const axis of range(dims.length)) {
      const before = Math.max(0, begins[axis]!), after = Math.max(0, ends[axis]!);
      if (before === 0 && after === 0) continue;
      g = fold(c, g, axis, cropped[axis]!, before, after, mode);
    }
    const lost = [...begins, ...ends].map((pad) => Math.max(0, -pad));
    return [lost.some((pad) => pad > 0) ? c.b.pad(g, lost) : g];
  },
};

/** Pads of every axis, from the attribute, or the inputs `pads` and (opset 18) `axes`. */
function padding(c: RuleContext, rank: number): [number[], number[]] {
  const pads = c.node.inputs[1] ? c.constant(c.node.inputs[1]) ?? c.fail('its pads are computed while the model runs; its gradient needs them to be constant') : attrInts(c.node, 'pads', undefined) ?? c.fail('it has no pads');
  const axesInput = c.node.inputs[3];
  const axes = axesInput ? (c.constant(axesInput) ?? c.fail('its axes are computed while the model runs')).map((axis) => positiveAxis(axis, rank)) : range(rank);
  const begins = range(rank).map(() => 0), ends = range(rank).map(() => 0);
  axes.forEach((axis, index) => { begins[axis] = pads[index]!; ends[axis] = pads[index + axes.length]!; });
  return [begins, ends];
}

/** g without the margin; where x was cropped, zeros. */
function crop(c: RuleContext, begins: readonly number[], ends: readonly number[]): string {
  const out = c.dims(c.node.outputs[0]!);
  const axes = range(out.length).filter((axis) => begins[axis]! > 0 || ends[axis]! > 0);
  let g = c.g;
  const positive = (pads: readonly number[]): number[] => pads.slice(2).map((pad) => Math.max(0, pad));
  const inConv = axes.length > 0 && c.dialect === 'cpu' && axes.every((axis) => axis >= 2) ? cropConv(c.b, g, positive(begins), positive(ends)) : undefined;
  if (inConv !== undefined) {
    g = inConv;
  } else if (axes.length > 0) {
    g = c.b.slice(g, axes.map((axis) => Math.max(0, begins[axis]!)), axes.map((axis) => out[axis]! - Math.max(0, ends[axis]!)), axes);
  }
  const lost = [...begins, ...ends].map((pad) => Math.max(0, -pad));
  return lost.some((pad) => pad > 0) ? c.b.pad(g, lost) : g;
}

/**
 * Adds the margins of one axis to the cells they were copied from; the axis has `before` + `size` + `after` cells.
 * reflect: cell i before the core is core[before − i]; edge: core[0]; wrap: core[size − before + i].
 */
function fold(c: RuleContext, g: string, axis: number, size: number, before: number, after: number, mode: string): string {
  const rank = c.dims(c.node.outputs[0]!).length;
  const piece = (start: number, end: number): string => c.b.slice(g, [start], [end], [axis]);
  /** Puts a piece of `length` cells at `start` of a core of zeros. */
  const place = (value: string, start: number, length: number): string => {
    const pads = range(2 * rank).map(() => 0);
    pads[axis] = start;
    pads[axis + rank] = size - start - length;
    return c.b.pad(value, pads);
  };
  const flipped = (value: string): string => c.b.slice(value, [-1], [-(2 ** 31)], [axis], [-1]);
  const parts = [piece(before, before + size)];
  const left = before > 0 ? piece(0, before) : undefined, right = after > 0 ? piece(before + size, before + size + after) : undefined;
  if (mode === 'edge') {
    if (left) parts.push(place(c.b.reduce('ReduceSum', left, [axis]), 0, 1));
    if (right) parts.push(place(c.b.reduce('ReduceSum', right, [axis]), size - 1, 1));
  } else if (mode === 'reflect') {
    if (before >= size || after >= size) c.fail(`it reflects ${Math.max(before, after)} cells of an axis that has ${size}`);
    if (left) parts.push(place(flipped(left), 1, before));
    if (right) parts.push(place(flipped(right), size - 1 - after, after));
  } else if (mode === 'wrap') {
    if (before > size || after > size) c.fail(`it wraps ${Math.max(before, after)} cells of an axis that has ${size}`);
    if (left) parts.push(place(left, size - before, before));
    if (right) parts.push(place(right, 0, after));
  } else c.fail(`its mode '${mode}' is not one of constant, reflect, edge, wrap`);
  return c.b.op('Sum', parts);
}
