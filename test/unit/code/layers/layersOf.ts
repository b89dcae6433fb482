/** Layers of a source text, for tests. */
import assert from 'node:assert/strict';
import { sourceLayers } from '../../../../src/code/layers';
import { parseSource } from '../../../../src/code/parser';
import type { SourceLayer } from '../../../../src/code/types';

export async function layersOf(language: string, text: string): Promise<SourceLayer[]> {
  return sourceLayers(await parseSource(language, text));
}

export const python = (text: string): Promise<SourceLayer[]> => layersOf('python', text);

/** The only layer whose callee is written so, or the `index`-th of them. */
export function named(layers: readonly SourceLayer[], type: string, index?: number): SourceLayer {
  const found = layers.filter((layer) => layer.type === type);
  if (index === undefined) assert.equal(found.length, 1, `${found.length} layers of type ${type} among ${layers.map((layer) => layer.type).join(', ')}`);
  const layer = found[index ?? 0];
  assert.ok(layer, `no ${type} number ${index}`);
  return layer;
}

export const shown = (dims: SourceLayer['outputDims']): string => dims?.map((dim) => dim ?? '?').join(' × ') ?? 'unknown';
