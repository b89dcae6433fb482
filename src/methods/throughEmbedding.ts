/**
 * Gradient methods for inputs of words: numbers that stand for words have no gradient, the vectors they are looked up
 * as have. The method explains those, and each word gets the sum over its vector.
 */
import { toFloat32 } from '../tensor/convert';
import { elementCount, floatTensor, type FloatTensor } from '../tensor/tensor';
import { isFloat } from '../tensor/dtype';
import type { Attribution, Method, MethodContext, Progress } from './method';

type Situation = Pick<MethodContext, 'model' | 'target' | 'input' | 'kind'>;

/** `method`, also for inputs whose numbers the model looks up in a table. */
export function throughEmbedding(method: Method): Method {
  return {
    ...method,
    kinds: method.kinds.includes('text') ? method.kinds : [...method.kinds, 'text'],
    applies: async (situation) => {
      const embedding = await embeddingFor(situation);
      return method.applies(embedding === undefined ? situation : { ...situation, input: embedding, kind: 'tensor' });
    },
    explain: (context) => explain(method, context),
  };
}

/** The vectors to explain instead of the input, where it has no gradient itself. */
async function embeddingFor({ model, target, input }: Situation): Promise<string | undefined> {
  const port = model.inputs.find(({ name }) => name === input);
  if (!port || port.dtype === 'string') return undefined;
  const embedding = await model.embedding(input);
  // Some models take the numbers of words as floats, and round them.
  const has = embedding !== undefined && isFloat(port.dtype) && (await model.whyNotDifferentiable(target, input).catch(() => 'no')) === undefined;
  return has ? undefined : embedding;
}

async function* explain(method: Method, context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const embedding = await embeddingFor(context), words = context.feeds[context.input];
  if (embedding === undefined || words === undefined) return yield* method.explain(context);
  const vectors = (await context.model.run(context.feeds, [embedding]))[embedding]!;
  const given = floatTensor(vectors.dims, toFloat32(vectors));
  const inner: MethodContext = { ...context, input: embedding, kind: 'tensor', feeds: { ...context.feeds, [embedding]: given } };
  const run = method.explain(inner);
  for (;;) {
    const step = await run.next();
    if (!step.done) {
      yield { ...step.value, ...(step.value.partial && { partial: summed(step.value.partial, words.dims) }) };
      continue;
    }
    const { values, chosen, ...rest } = step.value;
    return { ...rest, ...(values && { values: summed(values, words.dims) }), chosen: { ...chosen, embedding } };
  }
}

/** Σ over the vector of each word: [words…, size] → [words…]. */
function summed(values: FloatTensor, dims: readonly number[]): FloatTensor {
  const count = elementCount(dims), size = values.data.length / count, out = floatTensor(dims);
  for (let word = 0; word < count; word++) {
    let sum = 0;
    for (let i = word * size; i < (word + 1) * size; i++) sum += values.data[i]!;
    out.data[word] = sum;
  }
  return out;
}
