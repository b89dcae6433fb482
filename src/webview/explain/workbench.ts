/**
 * What the parts of the explain page share, so that each part (predictions, trust, detections, region tools, …) is a
 * file of its own: what is shown, ways to ask for more, and a place on the page. The page tells every part what happens.
 */
import type { EngineRequests, ExplainProgress, ExplainResult, HeatMap, MethodInfo } from '../../protocol/engine';
import type { ReportSection } from '../../protocol/keep';
import type { ExplainPanelState, ExplainSubject, ExplainWishes, FromExplainPanel, ToExplainPanel } from '../../protocol/webview';
import type { Questions } from '../common/ask';
import type { PictureView } from './pictureView';

export type Prepared = Extract<ExplainProgress, { type: 'prepared' }>;

export interface Workbench {
  /** Undefined until the extension has said it. */
  readonly state: ExplainPanelState | undefined;
  readonly methods: readonly MethodInfo[];
  /** Of the present run, as soon as it has got so far. */
  readonly prepared: Prepared | undefined;
  /** Of the last run that finished; undefined while another runs. */
  readonly result: ExplainResult | undefined;
  readonly picture: PictureView;
  /** Requests to the engine about this picture and model (which the extension fills in). */
  readonly questions: Questions<keyof EngineRequests, ExplainSubject>;
  /** Has something else explained: the present wishes with `change`. */
  explain(change: Partial<ExplainWishes>): void;
  /** Says a sentence to screen readers. */
  announce(text: string): void;
  post(message: FromExplainPanel): void;
  /** What the parts found out about the finished explanation, for a report of it. */
  reportSections(): readonly ReportSection[];
}

/** Where a part stands: buttons in the bar, tools above the picture, strips below it, blocks beside it, first of all or after the rest (in the order they are made). */
export type Place = 'bar' | 'tools' | 'below' | 'top' | 'aside';

export interface Part {
  readonly place?: Place;
  readonly element?: HTMLElement;
  onState?(state: ExplainPanelState): void;
  /** Another model or picture: what was said about the old one is void. */
  onSubject?(): void;
  onPicture?(message: Extract<ToExplainPanel, { type: 'picture' }>): void;
  onMethods?(methods: readonly MethodInfo[]): void;
  onStarted?(method: string): void;
  onPrepared?(prepared: Prepared): void;
  /** A map that grows, the finished one, or none any more. */
  onMap?(map: HeatMap | undefined): void;
  onFinished?(result: ExplainResult): void;
  /** The run ended without a result. */
  onStopped?(how: 'failed' | 'cancelled'): void;
  /** What this part found out about the finished explanation, for a report of it. */
  reportSections?(): readonly ReportSection[];
}
