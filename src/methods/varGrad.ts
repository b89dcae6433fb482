/** VarGrad: how much the gradient differs between noisy copies of the input. */
import { noiseTunnel } from './noiseTunnel';

/**
 * Var[∂ target / ∂ input (x + ε)], ε normal: large where the model bends, zero where it is linear.
 *
 * Adebayo et al.: Local Explanation Methods for Deep Neural Networks Lack Sensitivity to Parameter Values, 2018, arXiv
 * 1810.03307. Presets: see noiseTunnel.ts.
 */
export const varGrad = noiseTunnel({
  id: 'vargrad',
  title: 'VarGrad',
  question: 'Where does the effect of an input element on the score depend most on everything else?',
  source: 'Adebayo et al. 2018, arXiv 1810.03307',
  statistic: 'variance',
});
