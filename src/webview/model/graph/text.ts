/** Text that fits its box. */

const known = new Map<string, string>();

/** `text`, cut at its end to fit `room`, in the context's font. */
export function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (room <= 0) return '';
  const key = `${context.font}\n${Math.round(room)}\n${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const shown = cutToFit(text, room, (part) => context.measureText(part).width);
  if (known.size > 20_000) known.clear();
  known.set(key, shown);
  return shown;
}

export function cutToFit(text: string, room: number, width: (text: string) => number): string {
  if (width(text) <= room) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (width(`${text.slice(0, middle)}…`) <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}
