/** Requests about a model and a table: which column goes where, and what explains the model through the whole table. */
import type { RowAtLine } from '../data/tables/rowAtLine';
import type { Encoding } from '../data/tables/textStream';
import type { RuntimeChoice } from '../graph/summary';
import type { ParameterSpec, Parameters, SelfCheck } from '../methods/method';
import type { Attributions, Counterfactuals, Curve, Curves, Feature, Importance, Interactions, Neighbours, Sensitivities, Surface, Surrogate, TableFinding, TableMethod, TreeNode } from '../methods/table/tableMethod';
import type { DeviceId, DeviceReport, WireError } from './engine';
import type { TableQuality, TableQualityParams, TableQualityProgress } from './tableQuality';

export type { Attributions, Counterfactuals, Curve, Curves, Feature, Importance, Interactions, Neighbours, Sensitivities, Surface, Surrogate, TableFinding, TreeNode };

/** A model and the table it is asked about. */
export interface TableSource {
  readonly model: string;
  /** CSV or TSV, also gzipped; Parquet; Arrow. */
  readonly file: string;
  readonly device?: DeviceId | 'auto';
  /** The column that tells what a row really is, by name or number from 0; '' for none. Default: found out, and said. */
  readonly label?: string | number;
  /** Which output is looked at, where there are several. */
  readonly output?: string;
  /** How rows are fed, in place of what the model's files say: as `inputs` of MODEL.lens.json. */
  readonly preprocessing?: Readonly<Record<string, unknown>>;
  /** How the file is written, where what is found out is wrong. */
  readonly reading?: { readonly delimiter?: string; readonly decimalComma?: boolean; readonly header?: boolean; readonly encoding?: Encoding };
  /** Rows of a long file that are used, drawn at random by the seed (default 20,000). */
  readonly maxRows?: number;
  readonly seed?: number;
}

export interface TableColumnInfo {
  readonly name: string;
  readonly type: 'number' | 'integer' | 'category' | 'text' | 'constant' | 'identifier';
  readonly role: 'feature' | 'label' | 'unused';
  readonly missing: number;
  readonly distinct: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of numbers: their mean and standard deviation. */
  readonly mean?: number;
  readonly deviation?: number;
  /** The first of its words. */
  readonly categories?: readonly string[];
}

/** Which column goes where. */
export interface TableMappingInfo {
  readonly features: readonly { readonly feature: Feature; /** Places in `columns`. */ readonly columns: readonly number[]; /** In words: 'float_input[4]', 'x[2…8] (one for each category)'. */ readonly to: string }[];
  /** Place of the label's column. */
  readonly label?: number;
  /** 'MODEL.lens.json', 'names', 'order', … */
  readonly source: string;
  readonly words: string;
  /** What nobody stated, one sentence each. */
  readonly assumed: readonly string[];
  /** All of it as `inputs` of MODEL.lens.json: what `preprocessing` takes, and savePreprocessing keeps. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** How the model does on rows whose label is known. */
export interface TableFit {
  readonly kind: 'accuracy' | 'r2';
  readonly value: number;
  /** The accuracy of always saying the most frequent class. */
  readonly chance?: number;
  readonly rows: number;
}

export interface TableMethodInfo extends Pick<TableMethod, 'id' | 'title' | 'question' | 'source' | 'scope' | 'needs' | 'presets'> {
  readonly parameters: readonly ParameterSpec[];
  readonly applies: boolean;
  readonly reason?: string;
}

/** What a table's rows become and what the model says of them. */
export interface TableReading {
  readonly mapping: TableMappingInfo;
  readonly task: 'classification' | 'regression';
  /** Name of the model's output, and what its columns mean. */
  readonly output: string;
  readonly outputs: readonly string[];
  /** Which of `outputs` is explained unless another is asked for. */
  readonly target: number;
  readonly differentiable: boolean;
  readonly fit?: TableFit;
}

/** How the model does on some rows with numbers scaled in one of the usual ways by the table's own rows. */
export interface TableScaling {
  readonly kind: 'none' | 'standardise' | 'range';
  readonly fit?: TableFit;
  /** Share of rows that get the most frequent answer. */
  readonly sameAnswer: number;
  /** As `TableMappingInfo.entry`. */
  readonly entry: Readonly<Record<string, unknown>>;
}
export interface TableScalings {
  readonly rows: number;
  /** The first is as the table has them. */
  readonly tried: readonly TableScaling[];
  /** One that is clearly better. It is offered, never taken unasked. */
  readonly better?: TableScaling['kind'];
}

export interface OpenTableResult {
  readonly name: string;
  /** Rows of the file, and how many of them are used. */
  readonly total: number;
  readonly count: number;
  /** What was found out about the file, one sentence each. */
  readonly notes: readonly string[];
  readonly dialect: { readonly delimiter: string; readonly decimalComma: boolean; readonly header: 'names' | 'counts' | 'none'; readonly encoding: Encoding };
  readonly columns: readonly TableColumnInfo[];
  /** The first rows as they are, and their numbers in the file. */
  readonly preview: { readonly rows: readonly number[]; readonly cells: readonly (readonly string[])[] };
  /** Absent where the columns do not fit the model: `problem` says why. */
  readonly reading?: TableReading;
  readonly problem?: WireError;
  /** Then: a mapping that could be completed, as `TableMappingInfo.entry`. */
  readonly draft?: Readonly<Record<string, unknown>>;
  /** Inputs that take words, not numbers. */
  readonly words?: readonly string[];
  /** Where nobody stated how numbers are scaled and the model does not do well. */
  readonly scalings?: TableScalings;
  readonly methods: readonly TableMethodInfo[];
  readonly device: DeviceReport;
  readonly runtime?: RuntimeChoice;
  readonly warnings: readonly string[];
}

export interface ExplainTableParams extends TableSource {
  readonly method: string;
  readonly preset?: string;
  readonly parameters?: Parameters;
  /** Features that are asked about, by name or number; default: all. */
  readonly features?: readonly (string | number)[];
  /** The row that is asked about, as the file counts: the first below the header is 0. */
  readonly row?: number;
  /** In place of what the row holds, one for each feature in the mapping's order: a row as it is typed or moved by sliders. */
  readonly values?: readonly (number | null)[];
  /** Class or output, by name or number; default: `TableReading.target`, for a row the class it gets. */
  readonly target?: string | number;
  /** What of it: its probability (default; a regression's value), the score before the softmax, or the output as it is. */
  readonly space?: 'probability' | 'logit' | 'output';
}

export type ExplainTableProgress =
  | { readonly type: 'reading'; readonly rows: number }
  | { readonly type: 'prepared'; readonly reading: TableReading; readonly target: number; readonly device: DeviceReport; readonly notes: readonly string[] }
  | { readonly type: 'partial'; readonly done: number; readonly total: number; readonly finding?: TableFinding; readonly standardError?: number };

/** What explanation.json holds of a table. */
export interface TableRecord {
  readonly modelLens: string;
  readonly kind: 'table';
  readonly method: string;
  readonly preset: string;
  readonly parameters: Parameters;
  readonly chosen: Parameters;
  readonly seed: number;
  readonly model: { readonly file: string; readonly format: string; readonly sha256: string };
  readonly data: { readonly file: string; readonly sha256: string; readonly total: number; readonly rows: number; readonly maxRows: number; readonly notes: readonly string[] };
  readonly reading: TableReading;
  /** What somebody stated of table and model: with it the same is read again. */
  readonly asked?: Pick<TableSource, 'label' | 'output' | 'preprocessing' | 'reading'>;
  /** Names of the features that were asked about. */
  readonly features: readonly string[];
  readonly label?: string;
  readonly row?: { /** -1 for one that was typed and is none of the table's. */ readonly number: number; readonly edited?: true; readonly values: readonly (number | null)[]; readonly prediction: readonly number[] };
  readonly target: { readonly index: number; readonly name: string; readonly space: string };
  readonly checks: readonly SelfCheck[];
  /** SHA-256 of the finding's numbers: equal digests, equal numbers. */
  readonly numbers: string;
  readonly device: DeviceReport;
  readonly runtime: RuntimeChoice;
  readonly timings: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

export interface ExplainTableResult {
  readonly finding: TableFinding;
  readonly record: TableRecord;
  /** Numbers in the file of the rows a finding names by their places, in its order; -1 for the row that was asked about. */
  readonly numbers?: readonly number[];
}

/** Rows as they are typed or moved by sliders: what the model says of them, nothing else. */
export interface PredictRowsParams extends TableSource {
  /** Features in the mapping's order; a category is its place among `categories`, null a missing value. */
  readonly values: readonly (readonly (number | null)[])[];
}
export interface PredictRowsResult {
  /** Probabilities of classes or values, [rows, outputs]. */
  readonly predictions: readonly (readonly number[])[];
}

/** The row of a table in a line of its file. */
export interface TableRowAtParams extends Pick<TableSource, 'file' | 'reading'> {
  /** From 1. */
  readonly line: number;
}
export type TableRowAtResult = RowAtLine;

/** Which rows are shown, in which order. */
export interface TableRowsParams extends TableSource {
  /** Numbers in the file; default: all that are used. */
  readonly numbers?: readonly number[];
  /** Only rows of this class (place in `outputs`), and only those that are said to be of that class. */
  readonly actual?: number;
  readonly said?: number;
  readonly sort?: { readonly by: 'number' | 'error' | 'score' | { readonly column: number }; readonly descending?: boolean };
  /** Whose score sorts, where there are several outputs, by name or number; default: `TableReading.target`. */
  readonly target?: string | number;
  readonly offset?: number;
  /** Default 100, at most 1000. */
  readonly limit?: number;
}
export interface TableRowInfo {
  readonly number: number;
  readonly cells: readonly string[];
  readonly values: readonly (number | null)[];
  readonly prediction: readonly number[];
  /** A class's place in `outputs`, or a value. */
  readonly label?: number;
  /** Of a class: 1 − the probability of the true one; of a value: |said − label|. */
  readonly error?: number;
}
export interface TableRowsResult {
  /** Rows that fit, of which `rows` are a part. */
  readonly total: number;
  readonly rows: readonly TableRowInfo[];
}

/** A distilled tree as a file, cut off at a depth: as a model (ONNX), or as text. The tree is the one that was found: it is not taught again. */
export interface TreeFileParams extends Pick<TableReading, 'outputs' | 'task'> {
  readonly tree: TreeNode;
  readonly depth?: number;
  readonly features: readonly Feature[];
  readonly form: 'onnx' | 'text';
}
export interface TreeFileResult { readonly bytes: Uint8Array }

export interface TableRequests {
  openTable: { params: TableSource; result: OpenTableResult; progress: { readonly type: 'reading'; readonly rows: number } };
  explainTable: { params: ExplainTableParams; result: ExplainTableResult; progress: ExplainTableProgress };
  predictRows: { params: PredictRowsParams; result: PredictRowsResult; progress: never };
  tableRows: { params: TableRowsParams; result: TableRowsResult; progress: { readonly type: 'rows'; readonly done: number; readonly total: number } };
  tableQuality: { params: TableQualityParams; result: TableQuality; progress: TableQualityProgress };
  treeFile: { params: TreeFileParams; result: TreeFileResult; progress: never };
  tableRowAt: { params: TableRowAtParams; result: TableRowAtResult; progress: never };
}
