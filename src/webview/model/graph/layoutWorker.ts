/** Lays graphs out off the page's thread: with dagre while that is quick, in linear time beyond. */
import type { LayoutRequest } from './layout';
import { laneLayout } from './lanes';
import { layeredLayout, layeredLimit } from './layered';

self.addEventListener('message', ({ data }: MessageEvent<LayoutRequest>) => {
  const small = data.widths.length <= layeredLimit.nodes && data.edges.length / 2 <= layeredLimit.edges;
  const result = small ? layeredLayout(data) : laneLayout(data);
  self.postMessage(result, { transfer: [result.x, result.y, result.points, result.offsets, result.rank].map((array) => array.buffer as ArrayBuffer) });
});
