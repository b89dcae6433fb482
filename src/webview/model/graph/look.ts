/** What a frame is drawn with: colours, what is selected and pointed at, marks, and the measure boxes are coloured by. */
import type { HeatScale } from './heat';
import type { Item, Items } from './items';
import type { ItemMarks } from './marks';
import type { Palette } from './palette';
import type { Motion } from './motion';
import type { LineRef } from './scene';

export interface Look {
  readonly palette: Palette;
  readonly selected: number | undefined;
  /** Edges of the selection: numbers of item edges. */
  readonly litEdges: ReadonlySet<number>;
  readonly hovered: number | undefined;
  readonly hoveredLine: LineRef | undefined;
  readonly marks: ItemMarks;
  readonly heat: HeatScale | undefined;
  readonly mix: FamilyMix;
  /** While boxes move to their new places. */
  readonly motion: Motion | undefined;
}

/** The families inside every group, most frequent first, with their shares. */
export class FamilyMix {
  private readonly known = new Map<number, readonly (readonly [family: string, share: number])[]>();

  constructor(private readonly items: Items) {}

  of(item: Item): readonly (readonly [family: string, share: number])[] {
    if (item.kind === 'node') return [[item.node!.family, 1]];
    let found = this.known.get(item.id);
    if (!found) {
      const counts = new Map<string, number>();
      let total = 0;
      for (const { node } of this.items.nodesIn(item.id)) {
        if (node?.kind !== 'op') continue;
        counts.set(node.family, (counts.get(node.family) ?? 0) + 1);
        total++;
      }
      found = [...counts].sort((a, b) => b[1] - a[1]).map(([family, count]) => [family, count / total] as const);
      this.known.set(item.id, found);
    }
    return found;
  }
}

/** What fills a box: its tint (a colour and how much of it), and whether it steps back behind what is marked. */
export function fillOf(item: Item, look: Look): { color: string; strength: number } {
  const { palette, marks, heat } = look;
  const kind = marks.kinds.size > 0 ? marks.kind(item.id) : undefined;
  if (kind !== undefined) return { color: palette.kinds[kind]!, strength: kind === 'same' ? 0.06 : 0.32 };
  if (heat) {
    const share = heat.share(item);
    return share === undefined ? { color: palette.muted, strength: 0.05 } : { color: palette.heat(Math.round(share * 16) / 16), strength: 1 };
  }
  if (item.kind !== 'node') return { color: palette.families[look.mix.of(item)[0]?.[0] ?? 'other']!, strength: 0.07 };
  return { color: palette.families[item.node!.family] ?? palette.muted, strength: 0.13 };
}

/** The colour of a box where there is no room for more than a speck of it. */
export function speckOf(item: Item, look: Look): string {
  const { palette, marks, heat } = look;
  const kind = marks.kinds.size > 0 ? marks.kind(item.id) : undefined;
  if (kind !== undefined) return palette.kinds[kind]!;
  if (heat) {
    const share = heat.share(item);
    return share === undefined ? palette.border : palette.heat(Math.round(share * 16) / 16);
  }
  return palette.families[look.mix.of(item)[0]?.[0] ?? 'other'] ?? palette.muted;
}

export function isDimmed(item: number, { marks }: Look): boolean {
  return marks.path.size > 0 && !marks.path.has(item);
}

export function anyLit(edges: Uint32Array, lit: ReadonlySet<number>): boolean {
  if (lit.size === 0) return false;
  for (const edge of edges) if (lit.has(edge)) return true;
  return false;
}
