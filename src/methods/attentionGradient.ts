/** Gradient-weighted attention: attention that speaks for the class, carried through all layers. */
import { maxAbs } from '../tensor/statistics';
import { attentionApplicability, blocksCheck, headsOf, identity, product, queryParameter, requireBlocks, selfAttentions, tokenResult, tokensOf, tracedRow } from './attention';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterReader, resolveParameters } from './parameters';

/**
 * R ← R + mean over heads of max(0, ∂ target / ∂ A · A) · R, layer by layer from R = I; then the row of the token that is
 * read at the end.
 *
 * Chefer, Gur, Wolf: Transformer Interpretability Beyond Attention Visualization, 2020, arXiv 2012.09838, in the form of
 * their Generic Attention-model Explainability, 2021, arXiv 2103.15679 (self-attention rules of its ViT notebook).
 */
export const attentionGradient: Method = {
  id: 'attention-gradient',
  title: 'Gradient-weighted attention',
  question: 'Which tokens speak for the class, as attention carries them to the end?',
  group: 'where-it-looks',
  source: 'Chefer et al. 2020, arXiv 2012.09838; 2021, arXiv 2103.15679',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  onePlane: true,
  parameters: [queryParameter],
  presets: { chefer: {} },
  reduction: () => 'sum',
  applies: async (context) => {
    const blocks = await selfAttentions(context.model);
    if (!blocks) return attentionApplicability(context);
    const obstacle = await context.model.whyNotDifferentiable(context.target, blocks.used[0]!.value).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    return obstacle === undefined ? { applies: true } : { applies: false, reason: obstacle };
  },
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(attentionGradient, context.parameters).parameters);
  const { model, feeds, target, signal } = context;
  const blocks = await requireBlocks(context), { used, tokens: n } = blocks, names = used.map(({ value }) => value);
  yield { done: 0, total: used.length };
  signal.throwIfAborted();
  const { scores, gradients, values } = await model.gradients({ feeds, target, wrt: names, fetch: names });
  signal.throwIfAborted();
  const output = (await model.run(feeds, [target.output]))[target.output]!;
  const first = headsOf(values[names[0]!]!, used[0]!)[0]!;
  const tokens = await tokensOf(context, blocks, parameters.text('query'), first, output.dims);
  let relevance = identity(n), strongest = 0;
  for (const [index, block] of used.entries()) {
    signal.throwIfAborted();
    const slopes = headsOf(gradients[block.value]!, block), weighted = new Float64Array(n * n);
    headsOf(values[block.value]!, block).forEach((attention, head) => {
      for (let i = 0; i < weighted.length; i++) weighted[i]! += Math.max(0, slopes[head]![i]! * attention[i]!) / block.heads;
    });
    strongest = Math.max(strongest, maxAbs(weighted));
    const carried = product(weighted, relevance, n);
    relevance = relevance.map((value, i) => value + carried[i]!);
    const partial = tokenResult(context, tokens, withoutItself(relevance, n, tokens.query)).values;
    yield { done: index + 1, total: used.length, ...(partial && { partial }) };
  }
  const row = withoutItself(relevance, n, tokens.query);
  return { ...tokenResult(context, tokens, row), score: scores[0]!, checks: [blocksCheck(blocks, tokens), slopeCheck(strongest)], chosen: { query: String(tokens.query) } };
}

/** The traced row less the identity it began with, which would mark the traced token itself. */
function withoutItself(relevance: Float64Array, n: number, query: number | 'mean'): Float32Array {
  const row = tracedRow(relevance, n, query);
  return query === 'mean' ? row.map((value) => value - 1 / n) : row.map((value, token) => (token === query ? value - 1 : value));
}

function slopeCheck(strongest: number): SelfCheck {
  const id = 'maxAbsGradient';
  if (!Number.isFinite(strongest)) return { id, value: strongest, ok: false, message: 'The gradients hold values that are no numbers: the model overflows at this input.' };
  if (strongest === 0) return { id, value: 0, ok: false, message: 'No attention has a slope that speaks for the target (a saturated probability, or attention beside the path to it); take the logit.' };
  return { id, value: strongest, ok: true, message: `The strongest attention, times its slope, has ${strongest.toPrecision(3)}.` };
}
