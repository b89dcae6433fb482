/** The neighbourhood LIME learns from: draws around the input as 0/1 features, with their scores. */
import { toFloat32 } from '../tensor/convert';
import { drawRandom } from './drawing';
import { CoalitionScores, type Coalition } from './features/coalitions';
import { explainedTensor, type Features } from './features/features';
import { fillsOf } from './features/fills';
import type { MethodContext, Parameters } from './method';
import { ParameterError, type ParameterReader } from './parameters';

export interface Neighbourhood {
  readonly features: Features;
  /** Draws that fill one run. */
  readonly batch: number;
  readonly chosen: Parameters;
  /** What is worth a warning about how neighbours are made. */
  readonly caution?: string;
  /** Samples the model was run on so far. */
  runs(): number;
  /** Draws number start … start + count; draw 0 is the input itself. */
  draw(start: number, count: number): Promise<{ readonly samples: readonly Coalition[]; readonly scores: ArrayLike<number> }>;
}

/** How a draw decides what to hide: a coin for every feature, or first how many, any number being as likely. */
export type Drawing = 'coin' | 'size';

/** Neighbours with some features hidden (pictures, texts, tables without a background). */
export function hidingNeighbourhood(context: MethodContext, features: Features, parameters: ParameterReader, drawing: Drawing): Neighbourhood {
  const fills = fillsOf(context, features, parameters, 'region-mean'), scores = new CoalitionScores(context, features, fills);
  const given = recorded(context, features.count);
  return {
    features, batch: scores.batch, chosen: { ...features.chosen, ...fills.chosen },
    ...(context.kind === 'table' && !fills.fromTable && { caution: 'Hidden columns hold one fixed value, as no table was given to draw others from: rows like that may never occur.' }),
    runs: () => scores.runs,
    async draw(start, count) {
      const samples = Array.from({ length: count }, (_, k) => (given ? given[(start + k) % given.length]! : drawn(context.seed, start + k, features.count, drawing)));
      return { samples, scores: await scores.of(samples) };
    },
  };
}

function drawn(seed: number, index: number, count: number, drawing: Drawing): Coalition {
  const sample = new Uint8Array(count).fill(1);
  if (index === 0) return sample;
  const random = drawRandom(seed, index);
  if (drawing === 'coin') {
    for (let i = 0; i < count; i++) sample[i] = random.uint32() & 1;
    return sample;
  }
  const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
  for (const i of order.slice(0, 1 + random.integer(count))) sample[i] = 0;
  return sample;
}

/** Draws made elsewhere (`tensors.coalitions`, [n, features]), for comparisons with a reference. */
function recorded(context: MethodContext, count: number): Coalition[] | undefined {
  const { coalitions } = context.tensors;
  if (!coalitions) return undefined;
  const values = toFloat32(coalitions), rows = values.length / count;
  if (!Number.isInteger(rows) || rows < 1) throw new ParameterError(`coalitions: found ${values.length} values for input '${context.input}' (${explainedTensor(context).dims.join('×')}), expected a multiple of its ${count} features`);
  return Array.from({ length: rows }, (_, row) => Uint8Array.from(values.subarray(row * count, (row + 1) * count)));
}
