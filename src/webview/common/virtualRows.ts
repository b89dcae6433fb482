/** Tables of any length, of which only the rows in view are elements: which those are, and where keys lead. */

/** Rows drawn beyond either end, so that a quick scroll shows no gap. */
const spare = 10;

/** Positions first … last − 1 are in view, or nearly. */
export function rowsInView(scroller: HTMLElement, count: number, rowHeight: number): { first: number; last: number } {
  return {
    first: Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - spare),
    last: Math.min(count, Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + spare),
  };
}

/** Scrolls no further than needed. @param taken height of what covers rows: a head, a foot. */
export function scrollToRow(scroller: HTMLElement, position: number, rowHeight: number, taken: number): void {
  const top = position * rowHeight, room = scroller.clientHeight - taken;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + rowHeight > scroller.scrollTop + room) scroller.scrollTop = top + rowHeight - room;
}

/** Where a key leads from row `at` (−1: from none); undefined for keys that lead nowhere. @param page rows of a page. */
export function rowAfterKey(key: string, at: number, count: number, page: number): number | undefined {
  const targets: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 };
  return Object.hasOwn(targets, key) ? Math.max(0, Math.min(count - 1, targets[key]!)) : undefined;
}
