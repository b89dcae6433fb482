/** Attention rollout: attention multiplied through all layers. */
import { attentionApplicability, blocksCheck, headsOf, identity, product, queryParameter, requireBlocks, tokenResult, tokensOf, tracedRow } from './attention';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { nthSmallest } from '../tensor/statistics';

/**
 * Π over layers of rows(Ā + I), where Ā is a layer's attention put together over heads, I stands for the residual path
 * and every row is scaled to sum 1; then the row of the token that is read at the end. Says which tokens the
 * information came from, not which speak for a class.
 *
 * Abnar, Zuidema: Quantifying Attention Flow in Transformers, 2020, arXiv 2005.00928. Numbers as Chefer's
 * `compute_rollout_attention`; `discard` as in jacobgil/vit-explain.
 */
export const attentionRollout: Method = {
  id: 'attention-rollout',
  title: 'Attention rollout',
  question: 'From which tokens did attention carry information to the end, whatever the class?',
  group: 'where-it-looks',
  source: 'Abnar and Zuidema 2020, arXiv 2005.00928',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [
    { name: 'heads', type: 'choice', choices: ['mean', 'max', 'min'], default: 'mean', about: 'How the heads of a layer become one.' },
    { name: 'startLayer', type: 'integer', default: 0, minimum: 0, maximum: 10_000, about: 'The first attention block that counts, from 0.' },
    { name: 'discard', type: 'number', default: 0, minimum: 0, maximum: 0.999, about: 'The share of the weakest attentions of every layer that is set to zero.' },
    queryParameter,
  ],
  presets: { rollout: { heads: 'mean', startLayer: 0, discard: 0 } },
  reduction: () => 'sum',
  applies: attentionApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(attentionRollout, context.parameters).parameters);
  const { model, feeds, target, signal } = context;
  const blocks = await requireBlocks(context), { used, tokens: n } = blocks, start = parameters.number('startLayer');
  if (start >= used.length) throw new ParameterError(`parameter 'startLayer': found ${start}, but the model has ${used.length} attention blocks, counted from 0`);
  yield { done: 0, total: used.length };
  signal.throwIfAborted();
  const names = used.map(({ value }) => value);
  // What a fused op holds inside is there only in the graph that is written out to be differentiated.
  const values = used.some(({ fused }) => fused) ? (await model.gradients({ feeds, target, wrt: [], fetch: names })).values : await model.run(feeds, names);
  const output = (await model.run(feeds, [target.output]))[target.output]!;
  const [score] = await model.scores(feeds, target);
  const first = headsOf(values[names[0]!]!, used[0]!)[0]!;
  const tokens = await tokensOf(context, blocks, parameters.text('query'), first, output.dims);
  let joint = identity(n), spread = 0;
  for (const [index, block] of used.entries()) {
    signal.throwIfAborted();
    const heads = headsOf(values[block.value]!, block);
    spread = Math.max(spread, ...heads.map((head) => rowSumError(head, n)));
    if (index >= start) joint = product(layerMatrix(heads, n, parameters.text('heads'), parameters.number('discard')), joint, n);
    const partial = tokenResult(context, tokens, tracedRow(joint, n, tokens.query)).values;
    yield { done: index + 1, total: used.length, ...(partial && { partial }) };
  }
  const row = tracedRow(joint, n, tokens.query);
  return { ...tokenResult(context, tokens, row), score: score!, checks: [blocksCheck(blocks, tokens), distributionCheck(spread)], chosen: { query: String(tokens.query) } };
}

/** rows(Ā + I), with the weakest attentions set to zero if asked for (never that of the first token to itself). */
function layerMatrix(heads: readonly Float32Array[], n: number, how: string, discard: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < out.length; i++) {
    let value = how === 'mean' ? 0 : heads[0]![i]!;
    for (const head of heads) value = how === 'mean' ? value + head[i]! / heads.length : how === 'max' ? Math.max(value, head[i]!) : Math.min(value, head[i]!);
    out[i] = value;
  }
  const dropped = Math.floor(discard * out.length);
  if (dropped > 0) {
    const threshold = nthSmallest(out, dropped - 1);
    let left = dropped;
    for (let i = 0; i < out.length && left > 0; i++) if (out[i]! <= threshold) { left--; if (i !== 0) out[i] = 0; }
  }
  for (let i = 0; i < n; i++) {
    out[i * n + i]! += 1;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += out[i * n + j]!;
    for (let j = 0; j < n; j++) out[i * n + j]! /= sum;
  }
  return out;
}

/** How far a head's rows are from summing to 1. */
function rowSumError(head: Float32Array, n: number): number {
  let worst = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += head[i * n + j]!;
    worst = Math.max(worst, Math.abs(sum - 1));
  }
  return worst;
}

function distributionCheck(error: number): SelfCheck {
  const ok = error < 1e-3;
  return { id: 'attentionRowSum', value: error, ok, message: ok ? 'Every row of attention sums to 1. Rollout is the same for all classes.' : `Rows of attention miss a sum of 1 by up to ${error.toPrecision(2)}: what was found may be no attention.` };
}
