/**
 * Elements without a partner that are part of one: a bias, a normalisation or an activation that the other model has
 * inside its convolution, and what only moves data between formats.
 */
import { attrString } from '../graph';
import type { Matching } from './align';
import { isGlue, type Element } from './elements';
import { activations } from './opClass';
import { hasBias, isLinear } from './optional';

/** An element that belongs to a pair. */
export interface Absorbed {
  readonly side: 'a' | 'b';
  readonly element: number;
  /** An element of the same side that has a partner. */
  readonly into: number;
  /** What became of it, for people; absent: nothing worth saying. */
  readonly words?: string;
  readonly how: 'bias' | 'normalisation' | 'activation' | 'padding' | 'glue';
}

export function absorb(matching: Matching): Absorbed[] {
  const { sameFormat } = matching;
  const found: Absorbed[] = [];
  for (const side of ['a', 'b'] as const) {
    const own = matching[side], partner = side === 'a' ? matching.ofA : matching.ofB, others = matching[side === 'a' ? 'b' : 'a'];
    /** By element: the paired one it became part of. */
    const owner = new Map<number, number>();
    for (const element of own) {
      const pred = element.preds[0];
      if (element.kind !== 'op' || partner[element.id] !== -1 || pred === undefined || (element.preds.length > 1 && !(isGlue(element) && !sameFormat))) continue;
      const padded = element.opClass === 'Pad' ? element.succs.find((id) => partner[id] !== -1 && (own[id]!.opClass === 'Conv' || /Pool$/.test(own[id]!.opClass))) : undefined;
      if (padded !== undefined) {
        found.push({ side, element: element.id, into: padded, how: 'padding' });
        continue;
      }
      // Through what was absorbed before it: Conv, then BatchNormalization, then Relu.
      let into = owner.get(pred) ?? (partner[pred] !== -1 ? pred : undefined);
      // What rearranges an input belongs to the layer that reads it.
      if (into !== undefined && own[into]!.kind !== 'op') into = element.succs.find((id) => partner[id] !== -1 && own[id]!.kind === 'op') ?? into;
      const item = into === undefined ? undefined : belongs(element, own[into]!, others[partner[into]!]!, side, sameFormat);
      if (!item || into === undefined) continue;
      found.push({ ...item, side, element: element.id, into });
      owner.set(element.id, into);
    }
  }
  return found;
}

function belongs(element: Element, base: Element, other: Element, side: 'a' | 'b', sameFormat: boolean): Pick<Absorbed, 'words' | 'how'> | undefined {
  const linear = isLinear(base);
  const said = (what: string): string => side === 'a' ? what : `${what} in the first model`;
  if (linear) {
    if (element.opClass === 'Add' && element.weights.length === 1 && hasBias(other) && !hasBias(base)) return { how: 'bias', words: sameFormat && base.type === other.type ? said('bias joined') : undefined };
    if (element.opClass === 'BatchNormalization' && hasBias(other) && !hasBias(base)) return { how: 'normalisation', words: said('BatchNormalization folded into the weights') };
  }
  if (activations.has(element.opClass)) {
    if (linear && /^(Nhwc)?Fused/.test(other.type) && attrString(other.node!, 'activation', '') === element.type) return { how: 'activation', words: said(`${element.type} fused`) };
    // Quantisation to a range that begins at zero cuts off what Relu and Clip would.
    if ((element.opClass === 'Relu' || element.opClass === 'Clip') && other.quantised.size > 0 && base.quantised.size === 0) return { how: 'activation', words: said(`${element.type} done by quantisation`) };
    if (element.opClass === 'Gelu' && other.type === 'BiasGelu') return { how: 'activation' };
  }
  if (isGlue(element) && !sameFormat) return { how: 'glue' };
  if (element.opClass === 'Cast' && base.dtype !== other.dtype) return { how: 'glue' };
  return undefined;
}
