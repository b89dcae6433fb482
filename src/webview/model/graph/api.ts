/** What the graph view keeps, shows and says: the types that the rest of the page speaks with it. */
import type { ChangeKind } from '../../../protocol/compare';
import type { CameraState } from './camera';

/** What the colour and the bars of a box stand for: its operator's family alone, or a measure of it. */
export type Heat = 'none' | 'parameters' | 'macs' | 'activationBytes';

/** How somebody looks at a graph. Serialisable; restores the look after a reload of the page or of the file. */
export interface GraphState {
  readonly camera: CameraState;
  /** Stable paths of the groups that stand open. */
  readonly openGroups: readonly string[];
  readonly heat: Heat;
  readonly legend?: boolean;
}

/** What other parts of the page have found in the graph. Nodes are named by their keys, edges by position in the view's edges. */
export interface GraphMarks {
  /** Nodes that a search found. */
  readonly found?: ReadonlySet<string>;
  /** A path between two nodes. */
  readonly path?: { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<number> };
  /** Of a comparison: how each node differs. */
  readonly kinds?: ReadonlyMap<string, ChangeKind>;
}

export interface GraphEvents {
  /** Somebody chose a node here (undefined: none, or a group of nodes). */
  onSelect(key: string | undefined): void;
  /** The look changed: camera, open groups, heat. Called when it has come to rest. */
  onState(state: GraphState): void;
}

/** How a node chosen elsewhere is shown: `reveal` opens the groups it lies in and moves it into view. */
export interface SelectOptions {
  readonly reveal: boolean;
}
