/** Softmax and its logarithm over one axis (opset 13 form; older ones are rewritten when a model is upgraded). */
import { attrInt } from '../../graph/graph';
import type { RuleTable } from '../rule';
import { positiveAxis, unary } from './helpers';

export const softmaxRules: RuleTable = {
  // y = softmax x:  x̄ = y·(g − Σ g·y)
  Softmax: unary((c, x, y) => {
    const axis = positiveAxis(attrInt(c.node, 'axis', -1), c.dims(x).length);
    const weighted = c.b.op('Mul', [c.g, y]);
    return c.b.op('Sub', [weighted, c.b.op('Mul', [y, c.b.reduce('ReduceSum', weighted, [axis])])]);
  }),
  // y = x − ln Σ eˣ:  x̄ = g − eʸ·Σ g
  LogSoftmax: unary((c, x, y) => {
    const axis = positiveAxis(attrInt(c.node, 'axis', -1), c.dims(x).length);
    return c.b.op('Sub', [c.g, c.b.op('Mul', [c.b.op('Exp', [y]), c.b.reduce('ReduceSum', c.g, [axis])])]);
  }),
};
