/** Where the arrow keys lead: down and up along edges, sideways among neighbours, in and out of open boxes. */
import type { Items } from './items';
import type { Scene } from './scene';

/** The item that a key leads to from `from` (undefined: from nowhere); undefined when there is none. */
export function follow(scene: Scene, from: number | undefined, key: string): number | undefined {
  if (key === 'Home') return outermost(scene, -1, (a, b) => a - b);
  if (key === 'End') return outermost(scene, -1, (a, b) => b - a);
  if (from === undefined || !scene.isVisible(from)) return outermost(scene, -1, (a, b) => a - b);
  switch (key) {
    case 'ArrowDown': return scene.level(from) ? outermost(scene, from, (a, b) => a - b) : alongEdges(scene, from, 1);
    case 'ArrowUp': return alongEdges(scene, from, -1);
    case 'ArrowRight': return sideways(scene, from, 1);
    case 'ArrowLeft': return sideways(scene, from, -1);
    default: return undefined;
  }
}

/** The child of a level (-1: the root) that comes first by its height. */
function outermost(scene: Scene, level: number, order: (a: number, b: number) => number): number | undefined {
  const children = [...scene.level(level)!.children].map((item) => ({ item, y: scene.rect(item).y }));
  return children.sort((a, b) => order(a.y, b.y))[0]?.item;
}

/** The nearest box that an edge leads to (1) or comes from (-1). */
function alongEdges(scene: Scene, from: number, direction: 1 | -1): number | undefined {
  const here = scene.rect(from), middle = here.x + here.width / 2;
  let best: number | undefined, nearest = Infinity;
  for (const target of neighbours(scene.items, scene, from, direction)) {
    const there = scene.rect(target);
    // The next rank before a long way down, and what is straight ahead before what is aside.
    const distance = Math.abs(direction > 0 ? there.y - here.y - here.height : here.y - there.y - there.height) * 2 + Math.abs(there.x + there.width / 2 - middle);
    if (distance < nearest) [best, nearest] = [target, distance];
  }
  return best;
}

/** Visible boxes joined to one by an edge. */
export function neighbours(items: Items, scene: Scene, from: number, direction: 1 | -1): Set<number> {
  const found = new Set<number>();
  const inside = new Set<number>();
  for (const { id } of items.nodesIn(from)) inside.add(id);
  for (const id of inside) {
    for (const edge of (direction > 0 ? items.outgoing : items.incoming).get(id) ?? []) {
      const other = direction > 0 ? items.edges[edge]!.to : items.edges[edge]!.from;
      if (!inside.has(other)) found.add(scene.shownAs(other));
    }
  }
  found.delete(from);
  return found;
}

function sideways(scene: Scene, from: number, direction: 1 | -1): number | undefined {
  const here = scene.rect(from), middle = here.x + here.width / 2;
  let best: number | undefined, nearest = Infinity;
  for (const item of scene.level(scene.items.get(from).parent)!.children) {
    const there = scene.rect(item), ahead = direction * (there.x + there.width / 2 - middle);
    if (item === from || ahead <= 0 || there.y > here.y + here.height || there.y + there.height < here.y) continue;
    if (ahead < nearest) [best, nearest] = [item, ahead];
  }
  return best;
}

/** Numbers of the edges that lead into or out of an item. */
export function edgesAround(items: Items, item: number): Set<number> {
  const inside = new Set<number>(), lit = new Set<number>();
  for (const { id } of items.nodesIn(item)) inside.add(id);
  for (const id of inside) {
    for (const edge of items.outgoing.get(id) ?? []) if (!inside.has(items.edges[edge]!.to)) lit.add(edge);
    for (const edge of items.incoming.get(id) ?? []) if (!inside.has(items.edges[edge]!.from)) lit.add(edge);
  }
  return lit;
}
