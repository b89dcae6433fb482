/** Which row of the table is which node of the graph, and back. */
import type { Architecture, Layer } from './types';

export interface Links {
  readonly nodeOfLayer: ReadonlyMap<number, number>;
  readonly layerOfNode: ReadonlyMap<number, number>;
}

/** Pairs layers and operator nodes by name and type, those with equal ones in order. */
export function linkLayers(layers: readonly Layer[], { nodes }: Architecture): Links {
  const waiting = new Map<string, number[]>();
  nodes.forEach((node, index) => {
    if (node.kind !== 'op') return;
    const key = `${node.name}\n${node.opType}`;
    const list = waiting.get(key);
    if (list) list.push(index);
    else waiting.set(key, [index]);
  });
  for (const list of waiting.values()) list.reverse();
  const nodeOfLayer = new Map<number, number>(), layerOfNode = new Map<number, number>();
  layers.forEach((layer, index) => {
    const node = waiting.get(`${layer.name}\n${layer.type}`)?.pop();
    if (node === undefined) return;
    nodeOfLayer.set(index, node);
    layerOfNode.set(node, index);
  });
  return { nodeOfLayer, layerOfNode };
}
