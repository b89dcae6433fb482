/** All layer translators by Keras class name. */
import type { LayerTable, LayerTranslator } from '../layer';

const tables: readonly LayerTable[] = [];

const translators = new Map<string, LayerTranslator>(tables.flatMap((table) => Object.entries(table)));

/** The translator of a Keras class; undefined for custom layers and those that are not covered. */
export function translatorOf(type: string): LayerTranslator | undefined {
  return translators.get(type);
}
