/** Marks of a search, a path or a comparison, counted up into the boxes that hold the marked nodes. */
import type { ChangeKind } from '../../../protocol/compare';
import type { GraphMarks } from './api';
import type { Items } from './items';

export const changeKinds: readonly ChangeKind[] = ['changed', 'added', 'removed', 'same'];

export class ItemMarks {
  /** Found nodes at or below each item; empty when nothing is searched. */
  readonly found: ReadonlyMap<number, number>;
  /** Items on the path, and those that hold such. */
  readonly path: ReadonlySet<number>;
  /** Numbers of item edges on the path. */
  readonly pathEdges: ReadonlySet<number>;
  /** Changes at or below each item; empty when nothing is compared. */
  readonly kinds: ReadonlyMap<number, Readonly<Partial<Record<ChangeKind, number>>>>;

  constructor(items: Items, marks: GraphMarks) {
    const found = new Map<number, number>();
    for (const key of marks.found ?? []) climb(items, key, (item) => found.set(item, (found.get(item) ?? 0) + 1));
    this.found = found;
    const path = new Set<number>();
    for (const key of marks.path?.nodes ?? []) climb(items, key, (item) => path.add(item));
    this.path = path;
    const edges = marks.path?.edges ?? new Set<number>();
    this.pathEdges = new Set(edges.size === 0 ? [] : items.edges.flatMap(({ index }, edge) => edges.has(index) ? [edge] : []));
    const kinds = new Map<number, Partial<Record<ChangeKind, number>>>();
    for (const [key, kind] of marks.kinds ?? []) {
      climb(items, key, (item) => {
        const counts = kinds.get(item) ?? {};
        counts[kind] = (counts[kind] ?? 0) + 1;
        kinds.set(item, counts);
      });
    }
    this.kinds = kinds;
  }

  /** What an item stands for in a comparison: its own kind, or what differs inside it. */
  kind(item: number): ChangeKind | undefined {
    const counts = this.kinds.get(item);
    if (!counts) return undefined;
    const differing = changeKinds.filter((kind) => kind !== 'same' && counts[kind] !== undefined);
    return differing.length === 0 ? 'same' : differing.length === 1 && counts.same === undefined ? differing[0] : 'changed';
  }

  /** '~2 +3 −1' of a box; '' when nothing inside differs. */
  kindsText(item: number): string {
    const counts = this.kinds.get(item) ?? {};
    return ([['changed', '~'], ['added', '+'], ['removed', '−']] as const).flatMap(([kind, sign]) => counts[kind] ? [`${sign}${counts[kind]}`] : []).join(' ');
  }
}

function climb(items: Items, key: string, visit: (item: number) => void): void {
  const item = items.byKey.get(key);
  if (item === undefined) return;
  visit(item);
  for (const { id } of items.around(item)) visit(id);
}
