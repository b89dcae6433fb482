/** Which row of the table is which node of the graph (by its key), and back. */
import type { Architecture } from './types';

export interface Links {
  readonly nodeOfLayer: ReadonlyMap<number, string>;
  readonly layerOfNode: ReadonlyMap<string, number>;
}

export function linkLayers({ nodes }: Architecture): Links {
  const nodeOfLayer = new Map<number, string>(), layerOfNode = new Map<string, number>();
  for (const { key, layer } of nodes) {
    if (layer === null) continue;
    nodeOfLayer.set(layer, key);
    layerOfNode.set(key, layer);
  }
  return { nodeOfLayer, layerOfNode };
}
