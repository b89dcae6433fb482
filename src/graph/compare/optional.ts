/** Elements that one model has as layers of their own, and the other may have inside another layer. */
import { glue } from './opClass';
import type { Element } from './elements';

export function isLinear({ opClass }: Element): boolean {
  return opClass === 'Conv' || opClass === 'MatMul' || opClass === 'ConvTranspose';
}

export function hasBias({ weights }: Element): boolean {
  return weights.some(({ role }) => role === 'bias');
}

/**
 * Elements of `own` to look through while structure is compared with `other`: normalisations and biases where one model
 * has them in its weights, activations where one quantises, and what moves data where formats differ. They are looked
 * through in both models alike, and find their partners between those of their neighbours.
 */
export function optional(own: readonly Element[], other: readonly Element[], sameFormat: boolean): ReadonlySet<number> {
  const differ = (test: (element: Element) => boolean): boolean => count(own, test) !== count(other, test);
  const norms = differ(({ opClass }) => opClass === 'BatchNormalization');
  const biases = differ((element) => isLinear(element) && hasBias(element));
  const quantises = differ(isQuantised) && differ(({ opClass }) => opClass === 'Relu' || opClass === 'Clip');
  const fuses = differ(({ type }) => /^(Nhwc)?Fused|BiasGelu/.test(type));
  const found = new Set<number>();
  for (const element of own) {
    if (element.kind !== 'op' || element.preds.length !== 1) continue;
    const { opClass } = element;
    const before = own[element.preds[0]!]!;
    const afterLinear = isLinear(before) || found.has(before.id);
    const inside = (norms && opClass === 'BatchNormalization' && afterLinear) || (biases && opClass === 'Add' && element.weights.length === 1 && afterLinear)
      || ((quantises || (fuses && afterLinear)) && (opClass === 'Relu' || opClass === 'Clip')) || (fuses && opClass === 'Gelu' && afterLinear);
    if (inside || (!sameFormat && (glue.has(opClass) || opClass === 'Pad'))) found.add(element.id);
  }
  return found;
}

function count(elements: readonly Element[], test: (element: Element) => boolean): number {
  return elements.reduce((sum, element) => sum + (test(element) ? 1 : 0), 0);
}

function isQuantised({ quantised }: Element): boolean {
  return quantised.size > 0;
}
