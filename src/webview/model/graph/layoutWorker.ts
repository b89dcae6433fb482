/** Lays graphs out off the page's thread. Keeps the graph, so that opening a box sends nothing but what is open. */
import { CompoundLayout, type CompoundGraph, type Level, type LevelGeometry } from './compound';

export type ToLayout =
  | { readonly type: 'graph'; readonly graph: CompoundGraph }
  | { readonly type: 'layout'; readonly id: number; readonly open: Uint8Array };

/** Levels without geometries that were sent before: the page keeps them by their ids. */
export interface FromLayout {
  readonly id: number;
  readonly levels: readonly (Omit<Level, 'geometry'> & { readonly geometry: number })[];
  readonly geometries: readonly LevelGeometry[];
}

let layout: CompoundLayout | undefined;
let sent = new Set<number>();

self.addEventListener('message', ({ data }: MessageEvent<ToLayout>) => {
  if (data.type === 'graph') {
    layout = new CompoundLayout(data.graph);
    sent = new Set();
    return;
  }
  if (!layout) return;
  const geometries: LevelGeometry[] = [];
  const levels = layout.layout(data.open).map(({ geometry, ...level }) => {
    if (!sent.has(geometry.id)) {
      sent.add(geometry.id);
      geometries.push(geometry);
    }
    return { ...level, geometry: geometry.id };
  });
  self.postMessage({ id: data.id, levels, geometries } satisfies FromLayout);
});
