/** Rounding to few steps: straight through inside the range, nothing outside of it. */
import { attrInt } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { positiveAxis } from './helpers';

/** Least and largest step by element type; float8 types clip too far out to matter. */
const steps: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  uint8: [0, 255], int8: [-128, 127], uint16: [0, 65535], int16: [-32768, 32767], uint4: [0, 15], int4: [-8, 7],
};

/** A scale or zero, one for all or one along `axis`, ready to broadcast with x. */
function spread(c: RuleContext, value: string, rank: number): string {
  const dims = c.dims(value);
  if (dims.every((dim) => dim === 1)) return dims.length === 0 ? value : c.b.reshape(value, []);
  const axis = positiveAxis(attrInt(c.node, 'axis', 1), rank);
  return c.b.reshape(value, Array.from({ length: rank }, (_, at) => (at === axis ? dims[0]! : 1)));
}

// y = clip(round(x/s) + z):  as the integer stands for (y − z)·s, its cotangent is that of a real number.
// x̄ = g where x rounds to a step of the range, else 0
const quantize: Rule = {
  vjp: (c): Cotangents => {
    const [x, scale, zero] = c.node.inputs as [string, string, string?], range = steps[c.dtype(c.node.outputs[0]!)], rank = c.dims(x).length, type = c.dtype(x);
    if (!range) return [c.g];
    const s = spread(c, scale, rank), z = zero ? c.b.cast(spread(c, zero, rank), type) : c.b.constant(0, type);
    const bound = (step: number): string => c.b.op('Mul', [c.b.op('Sub', [c.b.constant(step, type), z]), s]);
    const inside = c.b.op('And', [c.b.op('GreaterOrEqual', [x, bound(range[0] - 0.5)]), c.b.op('LessOrEqual', [x, bound(range[1] + 0.5)])]);
    return [c.b.op('Where', [inside, c.g, c.b.constant(0, type)])];
  },
};

// y = (q − z)·s, and the cotangent of q is that of the real number it stands for
const dequantize: Rule = { vjp: (c): Cotangents => [c.g] };

export const quantisedRules: RuleTable = { QuantizeLinear: quantize, DequantizeLinear: dequantize };
