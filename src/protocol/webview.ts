/** Every message between the extension host and its webviews: one tagged union per direction and view. */
import type { ClassScore, ExplainProgress, ExplainResult, InspectResult, MethodInfo, WireError } from './engine';

// --- explain panel -----------------------------------------------------------------------------------------------

/** What the panel is showing; kept by VS Code across window reloads. */
export interface ExplainPanelState {
  readonly model: string;
  readonly image: string;
  readonly method: string;
  readonly preset?: string;
  readonly targetClass?: number;
  readonly layer?: string;
  readonly view: { readonly opacity: number; readonly colorMap: string; readonly signed: boolean };
}

export type ToExplainPanel =
  | { readonly type: 'picture'; readonly name: string; readonly modelName: string; readonly width: number; readonly height: number; readonly sourceWidth: number; readonly sourceHeight: number; readonly mime: string; readonly bytes: Uint8Array }
  | { readonly type: 'state'; readonly state: ExplainPanelState }
  | { readonly type: 'methods'; readonly methods: readonly MethodInfo[] }
  | { readonly type: 'started'; readonly method: string }
  | { readonly type: 'progress'; readonly value: ExplainProgress }
  | { readonly type: 'finished'; readonly result: ExplainResult }
  | { readonly type: 'failed'; readonly error: WireError }
  | { readonly type: 'cancelled' }
  /** Every class of the model by falling score, for the target chooser. */
  | { readonly type: 'classes'; readonly classes: readonly ClassScore[] };

export type FromExplainPanel =
  | { readonly type: 'ready' }
  | { readonly type: 'explain'; readonly method: string; readonly preset?: string; readonly targetClass?: number; readonly layer?: string }
  | { readonly type: 'listClasses' }
  | { readonly type: 'showDevices' }
  | { readonly type: 'showLog' }
  | { readonly type: 'viewChanged'; readonly view: ExplainPanelState['view'] }
  | { readonly type: 'cancel' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'chooseModel' }
  | { readonly type: 'openModel' }
  | { readonly type: 'savePng'; readonly bytes: Uint8Array }
  | { readonly type: 'copyRecord' };

// --- model editor ------------------------------------------------------------------------------------------------

export type ToModelEditor =
  | { readonly type: 'loading'; readonly file: string }
  | { readonly type: 'model'; readonly result: InspectResult }
  | { readonly type: 'failed'; readonly error: WireError };

export type FromModelEditor =
  | { readonly type: 'ready' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'openAsText' }
  | { readonly type: 'explainPicture' }
  | { readonly type: 'showLog' }
  | { readonly type: 'copy'; readonly text: string };
