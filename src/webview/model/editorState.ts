/**
 * How somebody looks at a model. VS Code keeps it over a reload of the window, the extension while the tab moves; both
 * may hand back what another version wrote, or what was true of another version of the file.
 */
import type { GraphState } from './graph/api';
import type { TabId } from './panes';
import type { PathEnds } from './path/pathView';
import type { ColumnId } from './table/layerRows';
import type { Sort } from './table/layerTable';

export interface EditorState {
  /** Key of the selected node; 'layer:5' also for a layer that has no node. */
  readonly selected?: string;
  readonly graph?: GraphState;
  /** Nodes of the graph that was looked at: of a graph of another size the camera would show anything. */
  readonly nodes?: number;
  readonly sort?: Sort;
  readonly search: string;
  /** Share of the graph, 0…1. */
  readonly ratio: number;
  readonly tab: TabId;
  readonly path?: PathEnds;
}

export const initialState: EditorState = { search: '', ratio: 0.42, tab: 'layers' };

const columnIds: readonly ColumnId[] = ['index', 'name', 'type', 'input', 'output', 'parameters', 'macs', 'activation'];
const tabs: readonly TabId[] = ['graph', 'layers', 'details', 'path'];

/** The parts of a saved state that can be used. */
export function restoredState(saved: unknown): EditorState {
  const { selected, graph, nodes, sort, search, ratio, tab, path } = object(saved);
  const { column, descending } = object(sort), { from, to } = object(path);
  return {
    selected: text(selected),
    graph: graphState(graph),
    nodes: typeof nodes === 'number' ? nodes : undefined,
    sort: columnIds.includes(column as ColumnId) ? { column: column as ColumnId, descending: descending === true } : undefined,
    search: text(search) ?? initialState.search,
    ratio: typeof ratio === 'number' && ratio > 0 && ratio < 1 ? ratio : initialState.ratio,
    tab: tabs.includes(tab as TabId) ? (tab as TabId) : initialState.tab,
    path: typeof from === 'string' ? { from, to: text(to) } : undefined,
  };
}

/** Whether a graph of `now` nodes may be looked at as one of `before` nodes was: the same file, perhaps edited. */
export function alike(before: number | undefined, now: number): boolean {
  return before !== undefined && Math.abs(now - before) <= 0.2 * Math.max(now, before);
}

function graphState(saved: unknown): GraphState | undefined {
  const { camera, openGroups } = object(saved), { x, y, scale } = object(camera);
  if (![x, y, scale].every(Number.isFinite) || !Array.isArray(openGroups) || !openGroups.every((group) => typeof group === 'string')) return undefined;
  return saved as GraphState;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const object = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {});
