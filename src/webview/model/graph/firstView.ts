/** Which boxes stand open when a model is opened: enough to see what it is made of, few enough to read. */
import type { Items } from './items';

/** Boxes are opened while there are fewer than `few`, and never to more than `many`. */
const few = 14, many = 48;

export function firstOpen(items: Items): Set<number> {
  const open = new Set<number>();
  let waiting = units(items, items.roots), shown = items.roots.length;
  while (shown < few && waiting.length > 0) {
    const next: number[][] = [];
    // Level by level, what adds few boxes first.
    for (const unit of waiting.sort((a, b) => added(items, a) - added(items, b))) {
      if (shown >= few || shown + added(items, unit) > many) continue;
      shown += added(items, unit);
      for (const item of unit) {
        open.add(item);
        next.push(...units(items, items.get(item).children));
      }
    }
    waiting = next;
  }
  return open;
}

/** Boxes to open one by one; alike blocks, and the branches of one node, open together or not at all. */
function units(items: Items, children: readonly number[]): number[][] {
  const openable = children.filter((item) => items.get(item).children.length > 0);
  if (openable.length === 0) return [];
  const parent = items.get(openable[0]!).parent;
  const together = (parent >= 0 && items.get(parent).kind === 'repeat') || items.get(openable[0]!).kind === 'branch';
  return together ? [openable] : openable.map((item) => [item]);
}

function added(items: Items, unit: readonly number[]): number {
  return unit.reduce((sum, item) => sum + items.get(item).children.length - 1, 0);
}
