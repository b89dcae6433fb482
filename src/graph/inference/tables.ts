/** All inference rules by domain. */
import type { InferRule, InferTable } from './context';
import { convolutionRules } from './convolution';
import { elementwiseRules } from './elementwise';
import { generatorRules } from './generators';
import { indexingRules } from './indexing';
import { matmulRules } from './matmul';
import { movementRules } from './movement';
import { normalizationRules } from './normalization';
import { poolingRules } from './pooling';
import { reductionRules } from './reduction';
import { resizeRules } from './resize';

function table(...parts: readonly InferTable[]): ReadonlyMap<string, InferRule> {
  return new Map(parts.flatMap((part) => Object.entries(part)));
}

const onnx = table(elementwiseRules, convolutionRules, poolingRules, matmulRules, reductionRules, normalizationRules,
  movementRules, indexingRules, resizeRules, generatorRules);

const domains: ReadonlyMap<string, ReadonlyMap<string, InferRule>> = new Map([['', onnx]]);

/** The rule of an op; undefined for ops that are not known. */
export function ruleFor(domain: string, opType: string): InferRule | undefined {
  return domains.get(domain)?.get(opType);
}
