/** Normalisations: the first output has the input's dims; some give statistics as well. */
import type { Dims } from '../graph';
import type { InferRule, InferTable } from './context';
import { sameRule, tensor } from './context';
import { axisOf } from './dims';
import { elementType } from './elementTypes';

/** Y, then running mean and variance (and before opset 14 the saved ones), one per channel. */
const batchNormalization: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  const channel: Dims = [c.dims(1)?.[0] ?? x?.[1] ?? null];
  const statistic = tensor(c.dtype(3) === 'undefined' ? dtype : c.dtype(3), channel);
  return [tensor(dtype, x), statistic, statistic, statistic, statistic];
};

/** Statistics keep the axes before `axis` and have 1 from there on. */
export function normalizedStatistics(x: Dims | undefined, axis: number): Dims | undefined {
  if (x === undefined) return undefined;
  const from = axisOf(axis, x.length);
  return x.map((dim, at) => at < from ? dim : 1);
}

const layerNormalization: InferRule = (c) => {
  const x = c.dims(0);
  const statistic = tensor(elementType(c.int('stash_type', 1)), normalizedStatistics(x, c.int('axis', -1)));
  return [tensor(c.dtype(0), x), statistic, statistic];
};

const like: InferRule = (c) => [tensor(c.dtype(0), c.dims(0))];

export const normalizationRules: InferTable = {
  BatchNormalization: batchNormalization,
  ...sameRule(layerNormalization, 'LayerNormalization', 'SimplifiedLayerNormalization'),
  ...sameRule(like, 'InstanceNormalization', 'GroupNormalization', 'RMSNormalization', 'LpNormalization', 'MeanVarianceNormalization', 'LRN'),
};
