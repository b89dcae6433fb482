/** Small architecture graphs for tests of the page's logic, and a stopwatch. */
import type { Architecture, GraphNode, Layer } from '../../../src/webview/model/types';

export type NodeSpec = Partial<GraphNode> & Pick<GraphNode, 'name' | 'opType'>;

export function graphOf(nodes: readonly NodeSpec[], edges: readonly (readonly [number, number])[]): Architecture {
  return {
    nodes: nodes.map((node, id): GraphNode => ({ id, key: `node:${node.name}`, kind: 'op', family: 'other', detail: '', outputDims: [], parameters: 0, macs: 0, layer: null, group: null, ...node })),
    edges: edges.map(([from, to]) => ({ from, to, value: `v${from}`, dims: nodes[from]?.outputDims?.[0] ?? null })),
    groups: [],
  };
}

export function layerOf(name: string, type: string, more: Partial<Layer> = {}): Layer {
  return { name, type, inputDims: [], outputDims: [], parameters: 0, macs: 0, ...more };
}

/** Milliseconds of the fastest of some runs: what else the machine does is not counted. */
export function best(run: () => unknown, runs = 7): number {
  let least = Infinity;
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    run();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}
