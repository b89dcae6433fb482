/** HiResCAM: Grad-CAM without the averaging of gradients, so that it never marks what the model did not use. */
import { gradientCam } from './camMethod';

/**
 * Σ_c g_c · A_c, cell by cell. For a network that ends in one linear layer this is exactly what each cell adds to the
 * logit, which Grad-CAM's averaged gradients do not keep.
 *
 * Draelos, Carin: Use HiResCAM instead of Grad-CAM, 2020, arXiv 2011.08891. Numbers as pytorch-grad-cam's `HiResCAM`.
 */
export const hiresCam = gradientCam({
  id: 'hires-cam',
  title: 'HiResCAM',
  question: 'Which cells of a layer did the model really use for the class?',
  source: 'Draelos and Carin 2020, arXiv 2011.08891',
}, (activations, gradients) => {
  const cells = activations.height * activations.width, sum = new Float64Array(cells);
  for (let at = 0; at < activations.values.length; at++) sum[at % cells]! += gradients.values[at]! * activations.values[at]!;
  return Float32Array.from(sum);
});
