/** All layer translators by Keras class name. */
import type { LayerTable, LayerTranslator } from '../layer';
import { attentionLayers } from './attention';
import { recurrentLayers } from './recurrent';
import { wrapperLayers } from './wrappers';

const tables: readonly LayerTable[] = [recurrentLayers, wrapperLayers, attentionLayers];

const translators = new Map<string, LayerTranslator>(tables.flatMap((table) => Object.entries(table)));

/** The translator of a Keras class; undefined for custom layers and those that are not covered. */
export function translatorOf(type: string): LayerTranslator | undefined {
  return translators.get(type);
}
