/** Guided backpropagation: the gradient without anything that lowers the score on its way. */
import { rectifiedGradient } from './rectified';

/**
 * The gradient, where every rectifier lets back only positive values: max(0, ∂ target / ∂ input of the rectifier).
 * In a network without rectifiers it is the gradient.
 *
 * Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for Simplicity, 2014, arXiv 1412.6806. The numbers are captum's
 * `GuidedBackprop(model).attribute(x, target)`; other rectifiers than ReLU (ReLU6, leaky) are treated alike.
 */
export const guidedBackprop = rectifiedGradient('guided', {
  id: 'guided-backprop',
  title: 'Guided backpropagation',
  question: 'Which fine structures of the input excite the units that speak for the class?',
  source: 'Springenberg et al. 2014, arXiv 1412.6806',
});
