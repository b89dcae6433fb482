/** All layer translators by Keras class name. */
import type { LayerTable, LayerTranslator } from '../layer';
import { attentionLayers } from './attention';
import { convolutions } from './convolution';
import { core } from './core';
import { legacy } from './legacy';
import { mergings } from './merging';
import { normalizations } from './normalization';
import { pooling } from './pooling';
import { preprocessing } from './preprocessing';
import { recurrentLayers } from './recurrent';
import { resizings } from './resizing';
import { wrapperLayers } from './wrappers';

const tables: readonly LayerTable[] = [
  core, convolutions, pooling, normalizations, mergings, resizings, preprocessing, legacy, recurrentLayers, wrapperLayers, attentionLayers,
];

const translators = new Map<string, LayerTranslator>(tables.flatMap((table) => Object.entries(table)));

/** The translator of a Keras class; undefined for custom layers and those that are not covered. */
export function translatorOf(type: string): LayerTranslator | undefined {
  return translators.get(type);
}
