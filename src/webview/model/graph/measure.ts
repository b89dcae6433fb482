/** The size of every box, from the lines of text on it. */
import { formatCount } from '../../common/format';
import { t } from '../../common/strings';
import type { Item, Items } from './items';

export const titleFont = (family: string): string => `600 12px ${family}`;
export const detailFont = (family: string): string => `11px ${family}`;
export const textLeft = 14, chevronRoom = 14, badgeGap = 8;
const textRight = 12, narrowest = 88, widest = 250;
export const lineHeight = 15;

/** Lines below the title. Groups say what is inside and how much it weighs. */
export function detailLines(item: Item): readonly string[] {
  if (item.kind === 'node') return item.node?.detail ? [item.node.detail] : [];
  return [item.types, figures(item)].filter((line) => line !== '');
}

/** '46 layers · 1.2 M parameters'. */
export function figures(item: Item): string {
  const nodes = item.nodes === 1 ? t('1 layer') : t('{0} layers', item.nodes.toLocaleString());
  return item.parameters > 0 ? `${nodes} · ${t('{0} parameters', formatCount(item.parameters))}` : nodes;
}

/** The same with less and less, for headers with little room. */
export function shorterFigures(item: Item): readonly string[] {
  return [figures(item), t('{0} layers', item.nodes.toLocaleString()), ''];
}

export function badge(item: Item): string {
  return item.count === undefined ? '' : `${item.count}\u202f×`;
}

export const canOpen = (item: Item): boolean => item.children.length > 0;

export interface Sizes { readonly widths: Float32Array; readonly heights: Float32Array; readonly headerWidths: Float32Array }

export function measureItems(items: Items, family: string): Sizes {
  const context = document.createElement('canvas').getContext('2d')!;
  const known = new Map<string, number>();
  const width = (font: string, text: string): number => {
    const key = `${font}\n${text}`;
    let found = known.get(key);
    if (found === undefined) {
      context.font = font;
      found = context.measureText(text).width;
      known.set(key, found);
    }
    return found;
  };
  return sizesOf(items, (text) => width(titleFont(family), text), (text) => width(detailFont(family), text));
}

/** Sizes from the widths of texts in the two fonts. */
export function sizesOf(items: Items, titleWidth: (text: string) => number, detailWidth: (text: string) => number): Sizes {
  const count = items.list.length;
  const widths = new Float32Array(count), heights = new Float32Array(count), headerWidths = new Float32Array(count);
  for (const item of items.list) {
    const lines = detailLines(item), mark = badge(item);
    const title = titleWidth(item.title) + (canOpen(item) ? chevronRoom : 0) + (mark ? titleWidth(mark) + badgeGap : 0);
    const text = Math.max(title, ...lines.map(detailWidth));
    widths[item.id] = Math.min(widest, Math.max(narrowest, Math.ceil(text) + textLeft + textRight));
    heights[item.id] = 27 + lineHeight * lines.length;
    if (canOpen(item)) headerWidths[item.id] = Math.ceil(Math.min(widest, title) + textLeft + textRight + 8);
  }
  return { widths, heights, headerWidths };
}
