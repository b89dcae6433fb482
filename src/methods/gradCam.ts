/** Grad-CAM: where on a layer's grid the features lie that speak for the target. */
import { channelMeans, weightedSum } from './cam';
import { gradientCam } from './camMethod';

/**
 * Σ_c (mean over cells of ∂ target / ∂ A_c) · A_c on the grid of a layer with activations A.
 *
 * Selvaraju et al.: Grad-CAM, 2016, arXiv 1610.02391. Preset `captum`: `LayerGradCam.attribute(relu_attributions=
 * False)`, negative values kept, not scaled. Preset `pytorch-grad-cam`: rectified, min–max scaled, resized, scaled
 * again. `cam` is the map on the layer's own grid (rectified if `relu`, never scaled); `values` lie over the input.
 */
export const gradCam = gradientCam({
  id: 'grad-cam',
  title: 'Grad-CAM',
  question: 'In which region of the picture did a layer see what speaks for the class?',
  source: 'Selvaraju et al. 2016, arXiv 1610.02391',
  presets: { captum: { relu: false, scaling: 'none' }, 'pytorch-grad-cam': { relu: true, scaling: 'min-max' } },
}, (activations, gradients) => weightedSum(activations, channelMeans(gradients)));
