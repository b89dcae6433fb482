/** What methods on attention share: which blocks, their probabilities as matrices, and a row of a matrix over the input. */
import { mapOverInput } from './cam';
import { toFloat32 } from '../tensor/convert';
import { floatTensor, type Tensor } from '../tensor/tensor';
import type { Applicability, Attribution, MethodContext, ParameterSpec, SelfCheck } from './method';
import type { AttentionBlock, Model } from './model';
import { ParameterError } from './parameters';

export const queryParameter: ParameterSpec = {
  name: 'query', type: 'text', default: '',
  about: "Which token is traced back: its number, or 'mean' for all of them. Without one: the class token where there is one, the position the target is about, the last token of a model that only looks back, else the mean.",
};

/** Most leading tokens that are no patch of the picture: class, distillation, registers. */
const maximumPrefix = 5;

/** Square self-attentions over one and the same number of tokens, in order; `others` are left out. */
export interface Blocks {
  readonly used: readonly AttentionBlock[];
  readonly others: readonly AttentionBlock[];
  readonly tokens: number;
}

/** The self-attentions over the whole input, of the most common number of tokens; undefined where there are none. */
export async function selfAttentions(model: Model): Promise<Blocks | undefined> {
  const all = await model.attentionBlocks();
  const square = all.filter(({ windows, queries, keys }) => windows === 1 && queries === keys);
  const counts = new Map<number, number>();
  for (const { queries } of square) counts.set(queries, (counts.get(queries) ?? 0) + 1);
  const [tokens] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (tokens === undefined) return undefined;
  const used = square.filter(({ queries }) => queries === tokens);
  return { used, others: all.filter((block) => !used.includes(block)), tokens };
}

export async function attentionApplicability({ model }: Pick<MethodContext, 'model'>): Promise<Applicability> {
  if (await selfAttentions(model)) return { applies: true };
  const all = await model.attentionBlocks();
  if (all.length === 0) return { applies: false, reason: 'The model has no attention: no MatMul → Softmax → MatMul of activations, and no fused attention op.' };
  const { windows, queries, keys } = all[0]!;
  return windows > 1
    ? { applies: false, reason: `The model attends within windows of ${queries} tokens (as Swin does), not over the whole picture, so that attention cannot be traced through its layers.` }
    : { applies: false, reason: `None of the model's attentions is from all tokens to all tokens; the first has ${queries} queries and ${keys} keys.` };
}

/** The blocks, or a ParameterError in words where there are none. */
export async function requireBlocks(context: Pick<MethodContext, 'model'>): Promise<Blocks> {
  const blocks = await selfAttentions(context.model);
  if (!blocks) throw new ParameterError(`attention: ${(await attentionApplicability(context)).reason}`);
  return blocks;
}

/** The heads of a block's value (probabilities or their gradients), each [tokens · tokens]. */
export function headsOf(tensor: Tensor, { heads, queries, keys }: AttentionBlock): Float32Array[] {
  const data = toFloat32(tensor), size = queries * keys;
  return Array.from({ length: heads }, (_, head) => data.subarray(head * size, (head + 1) * size));
}

/** a · b of two square matrices, row by row. */
export function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * b[k * n + j]!;
    }
  }
  return out;
}

export function identity(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}

/** What is known of the tokens: the grid over the picture after `prefix` others, and which one is traced back. */
export interface Tokens {
  readonly grid?: { readonly width: number; readonly height: number; readonly prefix: number };
  /** A token's number, or the mean of all. */
  readonly query: number | 'mean';
}

/**
 * @param attention one block's probabilities, to see whether it only looks back.
 * @param outputDims dims of the target's output.
 * @throws ParameterError for a `query` that is no token.
 */
export async function tokensOf(context: MethodContext, blocks: Blocks, query: string, attention: Float32Array, outputDims: readonly number[]): Promise<Tokens> {
  const { tokens } = blocks, input = context.feeds[context.input]!;
  const grid = input.dims.length === 4 ? await gridFor(context.model, tokens) : undefined;
  const wanted = query.trim();
  if (wanted === 'mean') return { ...(grid && { grid }), query: 'mean' };
  if (wanted !== '') {
    if (!/^\d+$/.test(wanted) || Number(wanted) >= tokens) throw new ParameterError(`parameter 'query': found '${wanted}', expected a token's number from 0 to ${tokens - 1}, or mean`);
    return { ...(grid && { grid }), query: Number(wanted) };
  }
  if (grid) return { grid, query: grid.prefix > 0 ? 0 : 'mean' };
  // One row of scores a token: the target is about one of them.
  if (outputDims.length === 3 && outputDims[1] === tokens) return { query: Math.floor(context.target.index / outputDims[2]!) };
  if (looksBack(attention, tokens)) return { query: tokens - 1 };
  return { query: context.kind === 'text' ? 0 : 'mean' };
}

async function gridFor(model: Model, tokens: number): Promise<Tokens['grid']> {
  const layer = (await model.spatialLayers()).find((item) => item.layout === 'tokens' && item.height * item.width + item.prefixTokens === tokens);
  if (layer) return { width: layer.width, height: layer.height, prefix: layer.prefixTokens };
  for (let prefix = 0; prefix <= maximumPrefix; prefix++) {
    const side = Math.round(Math.sqrt(tokens - prefix));
    if (side > 1 && side * side === tokens - prefix) return { width: side, height: side, prefix };
  }
  return undefined;
}

/** Whether no token attends to a later one. */
function looksBack(attention: Float32Array, n: number): boolean {
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) if (attention[i * n + j]! > 1e-7) return false;
  return true;
}

/** The traced token's row of a matrix, [tokens]: what it took from every token of the input. */
export function tracedRow(matrix: Float64Array, n: number, query: number | 'mean'): Float32Array {
  const out = new Float32Array(n);
  if (query !== 'mean') return Float32Array.from(matrix.subarray(query * n, (query + 1) * n));
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j]! += matrix[i * n + j]! / n;
  return out;
}

/** One value a token as a result: over the picture, along the text, or by itself. */
export function tokenResult(context: MethodContext, tokens: Tokens, row: Float32Array): Pick<Attribution, 'values' | 'cam' | 'layerValues'> {
  const { dims } = context.feeds[context.input]!, layerValues = floatTensor([1, row.length], row);
  if (tokens.grid) {
    const { width, height, prefix } = tokens.grid, map = row.slice(prefix, prefix + width * height);
    return { cam: floatTensor([1, 1, height, width], map), values: mapOverInput(map, width, height, dims, context.layout), layerValues };
  }
  if (dims.reduce((a, b) => a * b, 1) === row.length) return { values: floatTensor(dims, row.slice()), layerValues };
  return { layerValues };
}

/** The attention blocks that were found, for the record. */
export function blocksCheck({ used, others, tokens }: Blocks, { grid, query }: Tokens): SelfCheck {
  const named = used.map(({ node, heads }) => `${node} (${heads} ${heads === 1 ? 'head' : 'heads'})`).join(', ');
  const layout = grid ? `${tokens} tokens: ${grid.height}×${grid.width} patches${grid.prefix > 0 ? ` after ${grid.prefix} that ${grid.prefix === 1 ? 'is' : 'are'} no patch` : ''}` : `${tokens} tokens`;
  if (tokens === 1) return { id: 'attentionBlocks', value: used.length, ok: false, message: `${used.length} attention blocks, but over one token only: there is nothing to share out (some exports attend over the first dim, where a single sample has one entry).` };
  const traced = query === 'mean' ? 'the mean of all tokens is traced back' : `token ${query} is traced back`;
  const left = others.length ? ` ${others.length} further attentions (across, within windows, or over other tokens) are not followed.` : '';
  return { id: 'attentionBlocks', value: used.length, ok: true, message: `${used.length} attention blocks over ${layout}; ${traced}: ${named}.${left}` };
}
