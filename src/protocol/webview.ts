/** Every message between the extension host and its webviews: one tagged union per direction and view. */
import type { HeatMapColors } from '../tensor/heatmap';
import type { CompareResult } from './compare';
import type { EngineRequests, ExplainParams, ExplainProgress, ExplainResult, InspectResult, MethodInfo, TargetChoice, WireError } from './engine';
import type { KeepForm, ReportSection } from './keep';
import type { ManyResult, PictureRow } from './many';
import type { PairResult } from './pair';
import type { ExplainTableResult } from './table';
import type { TableQuality } from './tableQuality';

// --- questions of pages to an engine --------------------------------------------------------------------------------

/** A question, answered once by an 'answer'; 'dismiss' takes it back. The extension passes on what the page may ask. */
export type PageQuestion =
  | { readonly type: 'ask'; readonly id: number; readonly method: keyof EngineRequests; readonly params: unknown }
  | { readonly type: 'dismiss'; readonly id: number };

/** To the 'ask' of the same id; before it, what the engine says on the way: the request's own progress. */
export type PageAnswer =
  | { readonly type: 'answer'; readonly id: number; readonly ok: unknown }
  | { readonly type: 'answer'; readonly id: number; readonly err: WireError }
  | { readonly type: 'answerProgress'; readonly id: number; readonly value: unknown };

// --- explain panel -----------------------------------------------------------------------------------------------

/** What the panel is showing; kept by VS Code across window reloads. */
export interface ExplainPanelState {
  readonly model: string;
  readonly image: string;
  readonly method: string;
  readonly preset?: string;
  /** Parameters that differ from the preset's. */
  readonly parameters?: ExplainParams['parameters'];
  readonly targetClass?: number;
  /** What is explained where that is more than a class (a contrast, a box, a region); wins over `targetClass`. */
  readonly target?: TargetChoice;
  readonly layer?: string;
  readonly seed?: number;
  /** How inputs are prepared, where somebody tries another way than the model's files say. */
  readonly preprocessing?: ExplainParams['preprocessing'];
  readonly view: ExplainView;
}

/** How the map is looked at; remembered from picture to picture. */
export interface ExplainView {
  /** Of the map over the picture, 0…1. */
  readonly opacity: number;
  /** A colour map's name; anything else: chosen by whether the map has a sign. */
  readonly colorMap: string;
  readonly signed: boolean;
  /** Default: overlay. */
  readonly mode?: ViewMode;
  /** The map is smoothed for display. */
  readonly smooth?: boolean;
  /** In the masked view: the share of the map that is left visible, 0…1. */
  readonly strongest?: number;
  /** In the slider view: the share of the width that is shown without the map, 0…1. */
  readonly split?: number;
}

/** How picture and map stand to each other. */
export type ViewMode = 'overlay' | 'sideBySide' | 'slider' | 'contour' | 'masked';

/** What a page can have explained: the state without what is fixed for a panel. */
export type ExplainWishes = Pick<ExplainPanelState, 'method' | 'preset' | 'parameters' | 'targetClass' | 'target' | 'layer' | 'seed' | 'preprocessing'>;

/** What the questions of an explain page are about; the extension fills it in. */
export type ExplainSubject = 'model' | 'inputs' | 'device' | 'preprocessing';
/** What an explain page sends with a question: the request's params, without the subject. */
export type ExplainQuestionParams<M extends keyof EngineRequests> = Omit<EngineRequests[M]['params'], ExplainSubject>;

/**
 * What the extension tells the page may come twice: when it happens, and to a page that says it is ready. `told` counts
 * what is told, so that a page which has heard it already need not do it again.
 */
export type ToldToExplainPanel = ToExplainPanel & { readonly told?: number };

export type ToExplainPanel =
  | { readonly type: 'picture'; readonly name: string; readonly modelName: string; readonly width: number; readonly height: number; readonly sourceWidth: number; readonly sourceHeight: number; readonly mime: string; readonly bytes: Uint8Array }
  | { readonly type: 'state'; readonly state: ExplainPanelState }
  | { readonly type: 'methods'; readonly methods: readonly MethodInfo[] }
  | { readonly type: 'started'; readonly method: string }
  | { readonly type: 'progress'; readonly value: ExplainProgress }
  | { readonly type: 'finished'; readonly result: ExplainResult }
  | { readonly type: 'failed'; readonly error: WireError }
  | { readonly type: 'cancelled' }
  | PageAnswer;

export type FromExplainPanel =
  | { readonly type: 'ready' }
  | ({ readonly type: 'explain' } & ExplainWishes)
  | PageQuestion
  | { readonly type: 'copyText'; readonly text: string }
  /** Asks where, and has the finished explanation written as it is looked at. */
  | { readonly type: 'keep'; readonly form: KeepForm; readonly colors: HeatMapColors; readonly sections: readonly ReportSection[] }
  /** Asks where (offering `name`), and writes what a view made. */
  | { readonly type: 'save'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: 'showDevices' }
  | { readonly type: 'showLog' }
  | { readonly type: 'viewChanged'; readonly view: ExplainPanelState['view'] }
  | { readonly type: 'cancel' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'chooseModel' }
  /** Explains the same picture by this model and another one, side by side. */
  | { readonly type: 'besideModel' }
  | { readonly type: 'openModel' }
  | { readonly type: 'savePng'; readonly bytes: Uint8Array }
  | { readonly type: 'copyRecord' };

// --- model editor ------------------------------------------------------------------------------------------------

/** Engine requests that a model's page may make about its own model; the extension fills in the file. */
export type ModelQuestion = 'layerDetails' | 'tensorDetails';
/** What a page sends with a question: the request's params, without the file. */
export type QuestionParams<M extends keyof EngineRequests> = Omit<EngineRequests[M]['params'], 'file'>;

export type ToModelEditor =
  /** How the page was looked at when it was last there: before the first 'model', if it was there before. */
  | { readonly type: 'restore'; readonly state: unknown }
  | { readonly type: 'loading'; readonly file: string }
  | { readonly type: 'model'; readonly result: InspectResult }
  | { readonly type: 'failed'; readonly error: WireError }
  /** Somebody cancelled the reading. */
  | { readonly type: 'cancelled' }
  | { readonly type: 'deleted'; readonly file: string }
  | PageAnswer
  /** Select and reveal this node (an ArchitectureNode's key): somebody clicked its name elsewhere. */
  | { readonly type: 'reveal'; readonly key: string };

export type FromModelEditor =
  | { readonly type: 'ready' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'openAsText' }
  | { readonly type: 'explainPicture' }
  | { readonly type: 'showLog' }
  | { readonly type: 'copy'; readonly text: string }
  | PageQuestion
  /** How the page is looked at: the extension keeps it while the tab moves. */
  | { readonly type: 'state'; readonly state: unknown }
  /** To a `reveal`: whether the model has that node. */
  | { readonly type: 'revealed'; readonly key: string; readonly found: boolean }
  /** Cancels the reading of the file. */
  | { readonly type: 'cancel' }
  /** Chooses the other model and opens the comparison. */
  | { readonly type: 'compareWith' }
  /** Asks where, and writes what a view made (an exported graph, a table). */
  | { readonly type: 'save'; readonly name: string; readonly bytes: Uint8Array }
  /** Asks where (offering `name`), and writes the content of the tensor with the id `tensor` as .npy. */
  | { readonly type: 'saveTensor'; readonly tensor: string; readonly name: string };

// --- comparison of two models -------------------------------------------------------------------------------------

/** Which models are compared: paths of files. Kept by VS Code across window reloads. */
export interface ComparePanelState {
  readonly a: string;
  readonly b: string;
}

export type ToComparePanel =
  | { readonly type: 'comparing'; readonly state: ComparePanelState }
  /** Elements of weights compared, and in all. */
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  /** First with the structure alone, then with weights. */
  | { readonly type: 'result'; readonly result: CompareResult; readonly weights: boolean }
  | { readonly type: 'failed'; readonly error: WireError }
  /** The weights are not compared any further; the structure stays. */
  | { readonly type: 'cancelled' };

export type FromComparePanel =
  | { readonly type: 'ready' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'cancel' }
  | { readonly type: 'compareWeights' }
  | { readonly type: 'swap' }
  | { readonly type: 'chooseOther' }
  | { readonly type: 'open'; readonly side: 'a' | 'b' }
  | { readonly type: 'showLog' }
  | { readonly type: 'copy'; readonly text: string }
  /** Asks where, and writes the table. */
  | { readonly type: 'save'; readonly extension: string; readonly bytes: Uint8Array };

// --- many pictures ------------------------------------------------------------------------------------------------

/** Which pictures are explained how. Kept by VS Code across window reloads. */
export interface ManyPanelState {
  readonly model: string;
  readonly method: string;
  /** A folder with all pictures below it, or pictures one by one. */
  readonly source: { readonly folder: string } | { readonly pictures: readonly string[] };
}

/** What a page of many pictures may ask; the extension fills in where they are kept. */
export type ManyQuestion = 'keptPicture';

export type ToManyPanel =
  | { readonly type: 'state'; readonly state: ManyPanelState; readonly name: string }
  | { readonly type: 'methods'; readonly methods: readonly MethodInfo[] }
  /** A run begins; rows of an earlier one are void. */
  | { readonly type: 'begun'; readonly total: number }
  | { readonly type: 'rows'; readonly rows: readonly PictureRow[] }
  | { readonly type: 'finished'; readonly result: ManyResult }
  | { readonly type: 'failed'; readonly error: WireError }
  /** Somebody stopped it: what is there stays, and it can go on. */
  | { readonly type: 'cancelled' }
  | PageAnswer;

export type FromManyPanel =
  | { readonly type: 'ready' }
  /** Goes on with what is missing. */
  | { readonly type: 'run' }
  | { readonly type: 'cancel' }
  | { readonly type: 'chooseModel' }
  | { readonly type: 'chooseMethod'; readonly method: string }
  /** Explains one of them in a panel of its own. */
  | { readonly type: 'open'; readonly file: string }
  | { readonly type: 'openModel' }
  | { readonly type: 'openFolder' }
  | { readonly type: 'showLog' }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'save'; readonly name: string; readonly bytes: Uint8Array }
  | PageQuestion;

// --- a table --------------------------------------------------------------------------------------------------------

/** Which table is explained with which model. Kept by VS Code across window reloads. */
export interface TablePanelState {
  readonly model: string;
  readonly file: string;
}

/** What the page of a table may ask; the extension fills in model, file and device. */
export type TableQuestion = 'openTable' | 'savePreprocessing' | 'explainTable' | 'predictRows' | 'tableRows' | 'tableQuality' | 'treeFile';

export type ToTablePanel =
  /** The page starts anew with this model and table. */
  | { readonly type: 'state'; readonly state: TablePanelState }
  /** Somebody pointed at a row elsewhere: brings a tab into view, with the row of this number in the file. */
  | { readonly type: 'show'; readonly tab: string; readonly row?: number }
  /** Nothing may run: the folder is not trusted. */
  | { readonly type: 'failed'; readonly error: WireError }
  | PageAnswer;

export type FromTablePanel =
  | { readonly type: 'ready' }
  | { readonly type: 'chooseModel' }
  | { readonly type: 'openModel' }
  | { readonly type: 'openFile' }
  | { readonly type: 'showLog' }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'save'; readonly name: string; readonly bytes: Uint8Array }
  /** Asks where, and has everything that was found written as one page. */
  | { readonly type: 'report'; readonly results: readonly ExplainTableResult[]; readonly qualities: readonly TableQuality[] }
  | PageQuestion;

// --- two models on one picture ------------------------------------------------------------------------------------

/** Which models explain what. Kept by VS Code across window reloads. */
export interface PairPanelState {
  readonly a: string;
  readonly b: string;
  readonly image: string;
  readonly method: string;
}

export type ToPairPanel =
  | { readonly type: 'state'; readonly state: PairPanelState }
  | { readonly type: 'picture'; readonly sourceWidth: number; readonly sourceHeight: number; readonly mime: string; readonly bytes: Uint8Array }
  /** Those that apply to both models. */
  | { readonly type: 'methods'; readonly methods: readonly MethodInfo[] }
  | { readonly type: 'started' }
  | { readonly type: 'progress'; readonly side: 'a' | 'b'; readonly value: ExplainProgress }
  | { readonly type: 'finished'; readonly result: PairResult }
  | { readonly type: 'failed'; readonly error: WireError }
  | { readonly type: 'cancelled' };

export type FromPairPanel =
  | { readonly type: 'ready' }
  | { readonly type: 'run' }
  | { readonly type: 'cancel' }
  | { readonly type: 'swap' }
  | { readonly type: 'chooseOther' }
  | { readonly type: 'chooseMethod'; readonly method: string }
  /** Explains the picture by one of them in a panel of its own. */
  | { readonly type: 'open'; readonly side: 'a' | 'b' }
  /** Compares the models' structure and weights. */
  | { readonly type: 'compareModels' }
  | { readonly type: 'showLog' };
