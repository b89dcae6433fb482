/** Full gradients: the gradient at every convolution, for what its bias contributes. No rule is replaced. */
import type { Composed, CompositeContext } from './composite';
import { inputDependent } from './depends';
import { findLinearLayers } from './linearLayers';

/**
 * Figures `bias <value>`: |bias · gradient| at the output of every convolution over a picture, batch normalisation
 * merged into the bias first, in the dims of that value; `value` is the layer's output behind what was merged.
 */
export function fullGradient(context: CompositeContext): Composed {
  const { nodes, primals, builder: b, target, rules } = context;
  const depends = inputDependent(nodes, context.inputs.map(({ name }) => name));
  const { layers } = findLinearLayers(nodes, depends, new Set([target.value, ...context.wrt]), primals, b, rules);
  const convolutions = [...layers.values()].filter((layer) => layer.kind === 'convolution' && primals.type(layer.end)?.dims?.length === 4 && layer.bias() !== undefined);
  const terms = new Map<string, string>();
  return {
    wrt: convolutions.map((layer) => layer.end),
    figures: (results) => {
      for (const layer of convolutions) {
        const gradient = results.get(layer.end), channels = primals.type(layer.end)!.dims![1]!;
        if (gradient) terms.set(`bias ${layer.end}`, b.op('Abs', [b.op('Mul', [gradient, b.reshape(layer.bias()!, [channels, 1, 1])])]));
      }
      return Object.fromEntries(terms);
    },
  };
}
