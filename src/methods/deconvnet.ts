/** The deconvolutional network: the score projected back, rectified again at every rectifier. */
import { rectifiedGradient } from './rectified';

/**
 * The gradient, where every rectifier hands back max(0, g) whatever its own input was.
 *
 * Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2013, arXiv 1311.2901. The numbers are captum's
 * `Deconvolution(model).attribute(x, target)`; max pooling returns to the maxima of this input.
 */
export const deconvnet = rectifiedGradient('deconvnet', {
  id: 'deconvnet',
  title: 'Deconvolutional network',
  question: 'What does the score look like when it is projected back to the input, layer by layer?',
  source: 'Zeiler, Fergus 2013, arXiv 1311.2901',
});
