/** Which boxes stand open when a model is opened: enough to see what it is made of, few enough to read. */
import type { Items } from './items';

/** Boxes are opened while there are fewer than `few`, and never to more than `many`. */
const few = 14, many = 48;

export function firstOpen(items: Items): Set<number> {
  const open = new Set<number>();
  let waiting = items.roots.filter((item) => opens(items, item)), shown = items.roots.length;
  while (shown < few && waiting.length > 0) {
    const next: number[] = [];
    // Level by level, small boxes first; blocks that are all alike wait for the rest of their level.
    for (const item of waiting.sort((a, b) => rank(items, a) - rank(items, b))) {
      const children = items.get(item).children;
      if (shown >= few || shown + children.length - 1 > many) continue;
      open.add(item);
      shown += children.length - 1;
      next.push(...children.filter((child) => opens(items, child)));
    }
    waiting = next;
  }
  return open;
}

const opens = (items: Items, item: number): boolean => items.get(item).children.length > 0;
const rank = (items: Items, item: number): number => items.get(item).children.length + (items.get(item).kind === 'repeat' ? 1000 : 0);
