/** Which row of the table is which node of the graph, and back. */
import type { Architecture } from './types';

export interface Links {
  readonly nodeOfLayer: ReadonlyMap<number, number>;
  readonly layerOfNode: ReadonlyMap<number, number>;
}

export function linkLayers({ nodes }: Architecture): Links {
  const nodeOfLayer = new Map<number, number>(), layerOfNode = new Map<number, number>();
  for (const { id, layer } of nodes) {
    if (layer === null) continue;
    nodeOfLayer.set(layer, id);
    layerOfNode.set(id, layer);
  }
  return { nodeOfLayer, layerOfNode };
}
