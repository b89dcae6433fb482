/** XGrad-CAM: Grad-CAM whose weights follow from two axioms instead of an average. */
import { weightedSum } from './cam';
import { gradientCam } from './camMethod';

/**
 * Σ_c w_c · A_c with w_c = Σ_cells g_c · A_c / Σ_cells A_c: gradients averaged by activation, so that the map adds up to
 * the score as nearly as one weight a channel allows (conservation) and a channel counts by what its loss would cost
 * (sensitivity).
 *
 * Fu et al.: Axiom-based Grad-CAM, 2020, arXiv 2008.02312. Numbers as pytorch-grad-cam's `XGradCAM`, 1e-7 in the
 * denominator included.
 */
export const xGradCam = gradientCam({
  id: 'xgrad-cam',
  title: 'XGrad-CAM',
  question: 'Where did a layer see what speaks for the class, with channels weighted by what they contribute?',
  source: 'Fu et al. 2020, arXiv 2008.02312',
}, (activations, gradients) => {
  const cells = activations.height * activations.width;
  const weights = Float64Array.from({ length: activations.channels }, (_, channel) => {
    let total = 0, weighted = 0;
    for (let at = channel * cells; at < (channel + 1) * cells; at++) {
      total += activations.values[at]!;
      weighted += gradients.values[at]! * activations.values[at]!;
    }
    return weighted / (total + 1e-7);
  });
  return weightedSum(activations, weights);
});
