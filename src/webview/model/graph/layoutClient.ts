/** The page's side of the layout worker: posts the graph once, and asks for a scene whenever other boxes stand open. */
import workerSource from 'worker:./layoutWorker';
import { compoundGraph } from './compoundGraph';
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
