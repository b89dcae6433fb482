import type { CompoundGraph } from './compound';
import type { Items } from './items';
import type { Sizes } from './measure';

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
