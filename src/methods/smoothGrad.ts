/** SmoothGrad: the gradient averaged over noisy copies of the input. */
import { noiseTunnel } from './noiseTunnel';

/**
 * E[∂ target / ∂ input (x + ε)], ε normal. Averages away what in a gradient changes from one pixel's breadth to the next.
 *
 * Smilkov et al.: SmoothGrad, 2017, arXiv 1706.03825. Presets: see noiseTunnel.ts.
 */
export const smoothGrad = noiseTunnel({
  id: 'smoothgrad',
  title: 'SmoothGrad',
  question: 'Which input elements would change the score, when the noise of the gradient is averaged away?',
  source: 'Smilkov et al. 2017, arXiv 1706.03825',
  statistic: 'mean',
});
