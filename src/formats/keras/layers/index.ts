/** All layer translators by Keras class name. */
import type { LayerTable, LayerTranslator } from '../layer';
import { attentionLayers } from './attention';
import { convolutions } from './convolution';
import { core } from './core';
import { isOperation, lambdaOpLayers, operationTranslator } from './lambdaOps';
import { legacy } from './legacy';
import { mergings } from './merging';
import { normalizations } from './normalization';
import { pooling } from './pooling';
import { preprocessing } from './preprocessing';
import { recurrentLayers } from './recurrent';
import { resizings } from './resizing';
import { wrapperLayers } from './wrappers';

const tables: readonly LayerTable[] = [
  core, convolutions, pooling, normalizations, mergings, resizings, preprocessing, legacy, recurrentLayers, wrapperLayers, attentionLayers, lambdaOpLayers,
];

const translators = new Map<string, LayerTranslator>(tables.flatMap((table) => Object.entries(table)));

/**
 * The translator of a Keras class; undefined for custom layers and those that are not covered.
 * @param module the serialised layer's 'module': Keras 3's operations share class names with layers ('Add').
 */
export function translatorOf(type: string, module?: unknown): LayerTranslator | undefined {
  return isOperation(module) ? operationTranslator(type) : translators.get(type);
}
