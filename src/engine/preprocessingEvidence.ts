/** What predictions tell of how a model wants to be fed. */
import { entropyBits } from '../methods/distribution';
import type { PreprocessingTrial, PreprocessingVerdict, TrialEvidence } from '../protocol/preprocessing';
import type { Predicted } from './classes';

/** Classes considered at most: a mean over a hundred thousand tells nothing more. */
const mostClasses = 20_000;

/**
 * @param views of one trial: every picture, followed by its mirror image.
 * @returns undefined where the output is no distribution.
 */
export function evidenceOf(views: readonly Predicted[]): TrialEvidence | undefined {
  if (views.some(({ prediction }) => prediction.kind !== 'probabilities')) return undefined;
  const classes = Math.min(mostClasses, views[0]!.values.length), total = new Float64Array(classes);
  const pictures = views.length / 2, means: Float64Array[] = [];
  let entropy = 0, agreeing = 0;
  const tops = new Set<number>();
  for (let picture = 0; picture < pictures; picture++) {
    const pair = [views[2 * picture]!, views[2 * picture + 1]!];
    const mean = Float64Array.from({ length: classes }, (_, index) => pair.reduce((sum, view) => sum + (view.scoreOf(index).probability ?? 0) / 2, 0));
    for (let i = 0; i < classes; i++) total[i]! += mean[i]! / pictures;
    means.push(mean);
    for (const { prediction } of pair) entropy += (prediction.entropy ?? 0) / views.length;
    const [first, second] = pair.map(({ prediction }) => prediction.top[0]!.index);
    if (first === second) agreeing++;
    tops.add(first!);
  }
  // Entropy of the mean minus mean of the entropies; a picture and its mirror image count as one answer.
  const inner = means.reduce((sum, mean) => sum + entropyBits(mean) / pictures, 0);
  return { entropy, agreeing, classes: tops.size, information: Math.max(0, entropyBits(total) - inner) };
}

/** Of the best one's information: at least this is as good; at most that is clearly worse; between them one may wonder. */
const asGood = 0.9, clearlyWorse = 0.6, worse = 0.8;
/** Of the information there could be: an answer below this says little about the pictures. */
const telling = 0.4;
/** Pictures from which on more than a hint is said. */
const enough = 3;
/** Of ways that do as well, the one that more models were trained with. */
const commonFirst = ['current', 'imagenet', 'symmetric', 'unit', 'caffe', 'bytes', 'mnist'];

/**
 * Which way of feeding the model tells pictures apart best. How sure a model is does not count by itself: wrong numbers
 * can make it very sure of always the same class, and that tells no picture from another.
 */
export function verdictOf(trials: readonly PreprocessingTrial[], pictures: number): PreprocessingVerdict {
  const known = trials.flatMap(({ id, entropy, evidence, current }) => (evidence ? [{ ...evidence, id, current, entropy: entropy ?? 0 }] : []));
  const current = known.find((trial) => trial.current);
  if (!current || known.length < 2) return { kind: 'unclear', alike: [], pictures };
  const rank = (id: string): number => (commonFirst.includes(id) ? commonFirst.indexOf(id) : commonFirst.length);
  if (pictures < enough) {
    const surest = known.filter(({ agreeing }) => agreeing === pictures).sort((a, b) => a.entropy - b.entropy)[0];
    const much = surest && !surest.current && surest.entropy < 0.4 * current.entropy && current.entropy > 2;
    return much ? { kind: 'hint', trial: surest.id, alike: [], pictures } : { kind: 'unclear', alike: [], pictures };
  }
  const best = Math.max(...known.map(({ information }) => information)), most = Math.log2(pictures);
  if (best < telling * most) return { kind: 'unclear', alike: [], pictures };
  const good = known.filter(({ information }) => information >= asGood * best).sort((a, b) => rank(a.id) - rank(b.id)).map(({ id }) => id);
  const [first, ...alike] = good;
  if (current.information >= worse * best) return { kind: 'currentFits', trial: current.id, alike: good.filter((id) => id !== current.id), pictures };
  return { kind: current.information <= clearlyWorse * best ? 'other' : 'hint', trial: first!, alike, pictures };
}
