/** SquareGrad: the squared gradient averaged over noisy copies of the input. */
import { noiseTunnel } from './noiseTunnel';

/**
 * E[(∂ target / ∂ input)² (x + ε)], ε normal: strength without sign, and what is strong only sometimes is kept.
 *
 * Hooker et al.: A Benchmark for Interpretability Methods, 2018, arXiv 1806.10758 (SmoothGrad-Squared). Presets: see
 * noiseTunnel.ts.
 */
export const squareGrad = noiseTunnel({
  id: 'squaregrad',
  title: 'SquareGrad',
  question: 'How strongly does the score react to each input element nearby, whichever way?',
  source: 'Hooker et al. 2018, arXiv 1806.10758',
  statistic: 'square',
});
