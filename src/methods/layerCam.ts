/** LayerCAM: each cell weighted by its own positive gradient, which keeps fine detail in early layers. */
import { gradientCam } from './camMethod';

/**
 * Σ_c max(g_c, 0) · A_c, cell by cell.
 *
 * Jiang et al.: LayerCAM, IEEE TIP 2021. Numbers as pytorch-grad-cam's `LayerCAM`.
 */
export const layerCam = gradientCam({
  id: 'layer-cam',
  title: 'LayerCAM',
  question: 'Where did a layer see what speaks for the class, in fine detail also in early layers?',
  source: 'Jiang et al. 2021, IEEE TIP 30, doi 10.1109/TIP.2021.3089943',
}, (activations, gradients) => {
  const cells = activations.height * activations.width, sum = new Float64Array(cells);
  for (let at = 0; at < activations.values.length; at++) {
    const gradient = gradients.values[at]!;
    if (gradient > 0) sum[at % cells]! += gradient * activations.values[at]!;
  }
  return Float32Array.from(sum);
});
