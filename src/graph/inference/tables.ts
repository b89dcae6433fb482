/** All inference rules by domain. */
import { attentionRules, previewRules } from './attention';
import type { InferRule, InferTable } from './context';
import { contribRules, internalNchwcRules, internalNhwcRules } from './contrib';
import { rareContribRules } from './contribRare';
import { controlRules } from './control';
import { convolutionRules } from './convolution';
import { elementwiseRules } from './elementwise';
import { generatorRules } from './generators';
import { indexingRules } from './indexing';
import { matmulRules } from './matmul';
import { mlRules } from './ml';
import { movementRules } from './movement';
import { normalizationRules } from './normalization';
import { poolingRules } from './pooling';
import { quantizationRules } from './quantization';
import { recurrentRules } from './recurrent';
import { reductionRules } from './reduction';
import { resizeRules } from './resize';
import { lossRules, sequenceRules, signalRules } from './sequences';
import { trainingRules } from './training';

function table(...parts: readonly InferTable[]): ReadonlyMap<string, InferRule> {
  return new Map(parts.flatMap((part) => Object.entries(part)));
}

const onnx = table(elementwiseRules, convolutionRules, poolingRules, matmulRules, reductionRules, normalizationRules,
  movementRules, indexingRules, resizeRules, generatorRules, recurrentRules, quantizationRules, controlRules, sequenceRules, signalRules, lossRules,
  attentionRules);

const domains: ReadonlyMap<string, ReadonlyMap<string, InferRule>> = new Map([
  ['', onnx], ['ai.onnx.ml', table(mlRules)], ['ai.onnx.preview', table(previewRules)], ['ai.onnx.preview.training', table(trainingRules)],
  ['com.microsoft', table(rareContribRules, contribRules)], ['com.microsoft.nchwc', table(internalNchwcRules)], ['com.ms.internal.nhwc', table(internalNhwcRules)],
]);

/** The rule of an op; undefined for ops that are not known. */
export function ruleFor(domain: string, opType: string): InferRule | undefined {
  return domains.get(domain)?.get(opType);
}

/** Whether an op belongs to an operator set known here (so that "no special rule" means something). */
export function isBuiltin(domain: string, opType: string): boolean {
  return ruleFor(domain, opType) !== undefined;
}
