/** The page's side of the layout worker: posts the graph once, and asks for a scene whenever other boxes stand open. */
import workerSource from 'worker:./layoutWorker';
import type { CompoundGraph } from './compound';
import type { Items } from './items';
import type { FromLayout, ToLayout } from './layoutWorker';
import type { Sizes } from './measure';
import { IndexedGeometry, Scene } from './scene';

export class LayoutClient {
  private readonly worker: Worker;
  private readonly geometries = new Map<number, IndexedGeometry>();
  private last = 0;

  constructor(private readonly items: Items, sizes: Sizes, private readonly events: { onScene(scene: Scene): void; onError(message: string): void }) {
    const address = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
    this.worker = new Worker(address);
    URL.revokeObjectURL(address);
    this.worker.onmessage = ({ data }: MessageEvent<FromLayout>) => this.receive(data);
    this.worker.onerror = (event) => events.onError(event.message);
    this.post({ type: 'graph', graph: compoundGraph(items, sizes) });
  }

  /** Asks for the scene with these items open; only the last question is answered. */
  ask(open: ReadonlySet<number>): void {
    const flags = new Uint8Array(this.items.list.length);
    for (const item of open) flags[item] = 1;
    this.post({ type: 'layout', id: ++this.last, open: flags });
  }

  dispose(): void {
    this.worker.terminate();
  }

  private post(message: ToLayout): void {
    this.worker.postMessage(message);
  }

  private receive({ id, levels, geometries }: FromLayout): void {
    for (const geometry of geometries) this.geometries.set(geometry.id, new IndexedGeometry(geometry));
    if (id !== this.last) return;
    this.events.onScene(new Scene(this.items, levels.map((level) => ({ ...level, geometry: this.geometries.get(level.geometry)! }))));
  }
}

/** The items as the layout sees them: numbers alone. */
export function compoundGraph(items: Items, { widths, heights, headerWidths }: Sizes): CompoundGraph {
  const values = new Map<string, number>();
  const edges = new Uint32Array(2 * items.edges.length), ids = new Uint32Array(items.edges.length);
  items.edges.forEach(({ from, to, value }, index) => {
    const key = `${from} ${value}`;
    let id = values.get(key);
    if (id === undefined) values.set(key, (id = values.size));
    edges[2 * index] = from;
    edges[2 * index + 1] = to;
    ids[index] = id;
  });
  return { parents: Int32Array.from(items.list, ({ parent }) => parent), widths, heights, headerWidths, edges, values: ids };
}
