/** Grad-CAM++: Grad-CAM whose channel weights count every cell that speaks for the target, however small its region. */
import { weightedSum, type Grid } from './cam';
import { gradientCam } from './camMethod';

/**
 * Σ_c w_c · A_c with w_c = Σ_cells α_c · max(g_c, 0) and α_c = g_c² / (2 g_c² + (Σ_cells A_c) · g_c³) for gradients g:
 * the paper's second and third derivatives, taken of exp(target), are powers of g. Where several objects of one class
 * are in the picture, each counts by itself.
 *
 * Chattopadhay et al.: Grad-CAM++, 2017, arXiv 1710.11063. Numbers as pytorch-grad-cam's `GradCAMPlusPlus`, 1e-6
 * in the denominator included.
 */
export const gradCamPlusPlus = gradientCam({
  id: 'grad-cam++',
  title: 'Grad-CAM++',
  question: 'Where did a layer see what speaks for the class, small and repeated objects included?',
  source: 'Chattopadhay et al. 2017, arXiv 1710.11063',
}, (activations, gradients) => weightedSum(activations, channelWeights(activations, gradients)));

function channelWeights(activations: Grid, gradients: Grid): Float64Array {
  const cells = activations.height * activations.width;
  return Float64Array.from({ length: activations.channels }, (_, channel) => {
    let total = 0, weight = 0;
    for (let at = channel * cells; at < (channel + 1) * cells; at++) total += activations.values[at]!;
    for (let at = channel * cells; at < (channel + 1) * cells; at++) {
      const g = gradients.values[at]!;
      if (g > 0) weight += (g * g * g) / (2 * g * g + total * g * g * g + 1e-6);
    }
    return weight;
  });
}
