/**
 * The tabs of a table's page and what they share: the table as it was opened, what the reader chose, and the way to
 * ask. A tab finds something out when it is looked at, not before, and forgets it when something else is asked about.
 */
import type { ExplainTableParams, ExplainTableProgress, ExplainTableResult, Feature, OpenTableResult, TableReading, TableSource } from '../../protocol/table';
import type { EngineRequests } from '../../protocol/engine';
import type { TableQuestion } from '../../protocol/webview';
import type { MenuItem } from '../common/menu';

/** What the page leaves to the extension. */
export type TableKnown = 'model' | 'file' | 'device';

/** What the reader chose: it goes along with every question. */
export interface Choice extends Pick<TableSource, 'label' | 'output' | 'preprocessing' | 'reading' | 'maxRows'> {
  /** Place of the explained output; undefined: the reading's own. */
  readonly target?: number;
  readonly seed: number;
}

/** What is looked at in all tabs together. */
export interface Selection {
  /** Place of a feature in the mapping. */
  readonly feature?: number;
  /** Number of a row in the file. */
  readonly row?: number;
}

/** One reading of a table with one model, one class and one seed. It ends when any of them changes. */
export interface TableSession {
  readonly opened: OpenTableResult;
  readonly reading: TableReading;
  /** `reading.mapping.features`, as the methods number them. */
  readonly features: readonly Feature[];
  readonly choice: Choice;
  /** Place of the explained output among `reading.outputs`, and its name. */
  readonly target: number;
  readonly targetName: string;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  readonly selection: Selection;
  /** Asks with the reader's choices filled in. Rejects with `Refused` (common/ask), also when the signal is aborted. */
  ask<M extends TableQuestion>(question: M, params: Omit<EngineRequests[M]['params'], TableKnown>, signal?: AbortSignal, onProgress?: (value: EngineRequests[M]['progress']) => void): Promise<EngineRequests[M]['result']>;
  /** One method, of the explained output. */
  explain(params: Pick<ExplainTableParams, 'method' | 'preset' | 'parameters' | 'features' | 'row' | 'values' | 'space' | 'target'>, signal?: AbortSignal, onProgress?: (value: ExplainTableProgress) => void): Promise<ExplainTableResult>;
  /** Why a method does not apply here; undefined if it does. */
  without(method: string): string | undefined;
  /** Chooses in all tabs; `go` brings a tab into view. */
  chooseFeature(feature: number, go?: string): void;
  chooseRow(row: number, go?: string): void;
}

/** What outlives sessions. */
export interface TablePage {
  /** What is chosen now. */
  choice(): Choice;
  /** Asks with the reader's choices filled in, also where the columns do not fit yet. Rejects with `Refused`. */
  ask<M extends TableQuestion>(question: M, params: Omit<EngineRequests[M]['params'], TableKnown>, signal?: AbortSignal, onProgress?: (value: EngineRequests[M]['progress']) => void): Promise<EngineRequests[M]['result']>;
  /** Opens anew with other choices. */
  change(choice: Partial<Choice>): void;
  show(tab: string): void;
  copy(text: string): void;
  save(name: string, bytes: Uint8Array): void;
  showLog(): void;
}

export interface TableTab {
  readonly id: string;
  readonly title: string;
  readonly element: HTMLElement;
  /** Something else is asked about: what was found is forgotten. undefined while a table is read, or could not be. */
  begin(session: TableSession | undefined): void;
  /** The tab came into view, with a session or without. Here it finds out what it shows, unless it knows already. */
  shown(): void;
  /** A feature or row was chosen, in this tab or another. */
  chosen?(selection: Selection): void;
  /** Also of use where the columns do not fit the model yet: it gets what was opened. */
  openedBadly?(opened: OpenTableResult): void;
  /** What can be copied or saved of it. */
  exports?(): readonly MenuItem[];
}

/** Makes a tab of a page. */
export type TabMaker = (page: TablePage) => TableTab;
