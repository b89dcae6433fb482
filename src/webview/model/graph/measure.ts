/** The size of every node's box, from its two lines of text. */
import type { GraphNode } from '../types';

export const titleFont = (family: string): string => `600 12px ${family}`;
export const detailFont = (family: string): string => `11px ${family}`;
export const textLeft = 14;
const textRight = 12, narrowest = 88, widest = 240;

export function measureNodes(nodes: readonly GraphNode[], family: string): { widths: Float32Array; heights: Float32Array } {
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
  const widths = new Float32Array(nodes.length), heights = new Float32Array(nodes.length);
  nodes.forEach((node, index) => {
    const text = Math.max(width(titleFont(family), nodeTitle(node)), node.detail ? width(detailFont(family), node.detail) : 0);
    widths[index] = Math.min(widest, Math.max(narrowest, Math.ceil(text) + textLeft + textRight));
    heights[index] = node.detail ? 42 : 28;
  });
  return { widths, heights };
}

/** Operators by their type, ports by their name. */
export function nodeTitle(node: GraphNode): string {
  return node.kind === 'op' ? node.opType : node.name;
}

/** `text` cut in the middle to `maximum` characters. */
export function shorten(text: string, maximum: number): string {
  if (text.length <= maximum) return text;
  const half = Math.floor((maximum - 1) / 2);
  return `${text.slice(0, maximum - 1 - half)}…${text.slice(text.length - half)}`;
}
