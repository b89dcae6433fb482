/** Every figure of trust: those that cost least first, those that make the map again many times last. */
import { completeness } from './axiomatic/completeness';
import { sparseness } from './complexity/sparseness';
import { deletion } from './faithfulness/deletion';
import { faithfulnessCorrelation } from './faithfulness/faithfulnessCorrelation';
import { infidelity } from './faithfulness/infidelity';
import { insertion } from './faithfulness/insertion';
import { road } from './faithfulness/road';
import { massInMask } from './localisation/massInMask';
import { pointingGame } from './localisation/pointingGame';
import type { Metric } from './metric';
import { parameterRandomisation } from './randomisation/parameterRandomisation';
import { maxSensitivity } from './robustness/maxSensitivity';

export const metrics: readonly Metric[] = [
  completeness, pointingGame, massInMask, sparseness, infidelity, faithfulnessCorrelation, deletion, insertion, road, parameterRandomisation, maxSensitivity,
];

export function findMetric(id: string): Metric | undefined {
  return metrics.find((metric) => metric.id === id);
}
