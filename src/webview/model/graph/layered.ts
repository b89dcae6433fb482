/** Layered layout (Sugiyama's method, by dagre): crossings are minimised, long edges go around nodes. For small graphs. */
import { Graph, layout } from '@dagrejs/dagre';
import { nodeGap, Polylines, rankGap, type LayoutRequest, type LayoutResult } from './layout';
import { ranksOf } from './ranks';

/** Nodes and edges up to which dagre answers within about a second. */
export const layeredLimit = { nodes: 700, edges: 1400 };

export function layeredLayout(request: LayoutRequest): LayoutResult {
  const { widths, heights, edges } = request;
  const count = widths.length;
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: nodeGap, ranksep: rankGap, edgesep: 12, ranker: count > 250 ? 'tight-tree' : 'network-simplex' });
  for (let node = 0; node < count; node++) graph.setNode(String(node), { width: widths[node]!, height: heights[node]! });
  for (let edge = 0; edge < edges.length / 2; edge++) graph.setEdge(String(edges[2 * edge]), String(edges[2 * edge + 1]), {}, String(edge));
  layout(graph);

  const x = new Float32Array(count), y = new Float32Array(count);
  for (let node = 0; node < count; node++) {
    const placed = graph.node(String(node)) as { x: number; y: number };
    x[node] = placed.x;
    y[node] = placed.y;
  }
  const lines = new Polylines();
  for (let edge = 0; edge < edges.length / 2; edge++) {
    const from = edges[2 * edge]!, to = edges[2 * edge + 1]!;
    const placed = graph.edge(String(from), String(to), String(edge)) as { points?: { x: number; y: number }[] };
    const inner = (placed.points ?? []).slice(1, -1);
    // Edges leave at the bottom and arrive at the top, wherever dagre cut them at the node's outline.
    lines.add([{ x: x[from]!, y: y[from]! + heights[from]! / 2 }, ...inner, { x: x[to]!, y: y[to]! - heights[to]! / 2 }]);
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { id: request.id, x, y, ...lines.finish(), width, height, rank: ranksOf(count, edges) };
}
