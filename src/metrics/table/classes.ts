/** How well probabilities of classes fit what rows really are. Source of the figures: scikit-learn's metrics of the same names. */
import { byInfluence, meanOf, share, type Estimate } from './estimate';
import { topClassCalibration } from './calibration';
import { areaUnderRoc } from './rocAuc';

/** What a model says of rows whose class is known. */
export interface SaidOfClasses {
  /** Probabilities, [rows, classes]. */
  readonly said: Float64Array;
  readonly classes: number;
  /** The class of each row, [rows]. */
  readonly truth: Int32Array;
}

export interface ClassFigures {
  readonly accuracy: Estimate;
  /** Mean recall of the classes there are. */
  readonly balancedAccuracy: Estimate;
  /** Mean F1 of the classes that are there or are said. */
  readonly macroF1: Estimate;
  readonly logLoss: Estimate;
  /** Mean area under the ROC curve, each class against the rest; absent where all rows are of one class. */
  readonly auc?: Estimate;
  /** Mean squared error of the probabilities, summed over classes; of two classes, of one of them. */
  readonly brier: Estimate;
  /** Expected calibration error of the class that is said (Guo et al. 2017), 15 bins. */
  readonly ece: Estimate;
}

/** Beyond this the areas would take longer than all else. */
const mostAreas = 100;
/** As scikit-learn: a probability of 0 that turned out true is not infinitely wrong. */
const leastProbability = 2 ** -52;

/** The class said of each row: where its probability is largest, the first of equals. */
export function saidClasses(said: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: said.length / classes }, (_, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (said[row * classes + k]! > said[row * classes + best]!) best = k;
    return best;
  });
}

/** [actual, said] counts. */
export function confusionOf(truth: Int32Array, answers: Int32Array, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  truth.forEach((actual, row) => { counts[actual]![answers[row]!]!++; });
  return counts;
}

/** −ln of the probability of the true class, of each row. Probabilities that do not add up to 1 are made to. */
export function logLosses({ said, classes, truth }: SaidOfClasses): Float64Array {
  return Float64Array.from(truth, (actual, row) => {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.max(0, said[row * classes + k]!);
    const p = sum > 0 ? said[row * classes + actual]! / sum : 0;
    return -Math.log(Math.min(1, Math.max(leastProbability, p)));
  });
}

/** Squared errors of the probabilities of each row, as `ClassFigures.brier` counts them. */
export function squaredErrors({ said, classes, truth }: SaidOfClasses): Float64Array {
  return Float64Array.from(truth, (actual, row) => {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += (said[row * classes + k]! - (k === actual ? 1 : 0)) ** 2;
    return classes === 2 ? sum / 2 : sum;
  });
}

/** @throws Error where there are no rows. */
export function classFigures(data: SaidOfClasses): ClassFigures {
  const { said, classes, truth } = data, n = truth.length;
  if (n === 0) throw new Error('figures of no rows were asked for');
  const answers = saidClasses(said, classes);
  const actual = new Float64Array(classes), answered = new Float64Array(classes), hit = new Float64Array(classes);
  for (let row = 0; row < n; row++) {
    actual[truth[row]!]!++;
    answered[answers[row]!]!++;
    if (truth[row] === answers[row]) hit[truth[row]!]!++;
  }
  let right = 0;
  for (const count of hit) right += count;
  const auc = meanArea(data, actual);
  return {
    accuracy: share(right, n), balancedAccuracy: balancedAccuracy(hit, actual), macroF1: macroF1(truth, answers, hit, actual, answered),
    logLoss: meanOf(logLosses(data)), ...(auc && { auc }), brier: meanOf(squaredErrors(data)), ece: topClassCalibration(data, answers),
  };
}

/** Σ recall / K; recalls of different classes come from different rows, so their variances add up. */
function balancedAccuracy(hit: Float64Array, actual: Float64Array): Estimate {
  const recalls = Array.from(actual.keys()).filter((k) => actual[k]! > 0).map((k) => share(hit[k]!, actual[k]!)), count = recalls.length;
  return { value: recalls.reduce((sum, { value }) => sum + value, 0) / count, standardError: Math.hypot(...recalls.map(({ standardError }) => standardError)) / count };
}

/** F1 = 2 TP / (actual + said); dF1 by a row = (2·TP(row) − F1·(actual(row) + said(row))) / (actual + said). */
function macroF1(truth: Int32Array, answers: Int32Array, hit: Float64Array, actual: Float64Array, answered: Float64Array): Estimate {
  const present = Array.from(hit.keys()).filter((k) => actual[k]! + answered[k]! > 0), count = present.length;
  const f1 = Array.from(hit, (tp, k) => (2 * tp) / Math.max(1, actual[k]! + answered[k]!)), size = (k: number): number => actual[k]! + answered[k]!;
  const influences = Float64Array.from(truth, (k, row) => {
    const said = answers[row]!;
    return k === said ? (2 - 2 * f1[k]!) / size(k) / count : -(f1[k]! / size(k) + f1[said]! / size(said)) / count;
  });
  return byInfluence(present.reduce((sum, k) => sum + f1[k]!, 0) / count, influences);
}

function meanArea({ said, classes, truth }: SaidOfClasses, actual: Float64Array): Estimate | undefined {
  const n = truth.length, judged = Array.from(actual.keys()).filter((k) => actual[k]! > 0 && actual[k]! < n);
  if (judged.length === 0 || classes > mostAreas) return undefined;
  // Of two classes, one says it all: the other's area is the same.
  const asked = classes === 2 ? [1] : judged, influences = new Float64Array(n);
  let sum = 0;
  for (const k of asked) {
    const area = areaUnderRoc(Float64Array.from({ length: n }, (_, row) => said[row * classes + k]!), Uint8Array.from(truth, (one) => Number(one === k)));
    sum += area.value;
    area.influences.forEach((value, row) => { influences[row]! += value / asked.length; });
  }
  return byInfluence(sum / asked.length, influences);
}
