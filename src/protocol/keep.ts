/** Requests that keep an explanation, and that make it again from what was kept. */
import type { HeatMapColors } from '../tensor/heatmap';
import type { ExplainParams, ExplainProgress, ExplainResult } from './engine';
import type { ExplainTableResult, TableSource } from './table';
import type { TableQuality } from './tableQuality';

/** What an explanation is written as: a folder of files (record, arrays, picture), one HTML page, or one picture. */
export type KeepForm = 'folder' | 'html' | 'svg' | 'png';

/** What others found out about the explanation, for the report: a titled table, already in words. */
export interface ReportSection {
  readonly title: string;
  /** A sentence above the table. */
  readonly words?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Whether an explanation made again equals the one that was kept. */
export interface AgainVerdict {
  /** Every number equal, bit for bit; undefined where the kept file does not say what they were. */
  readonly equal?: boolean;
  /** What is not as it was (the model's or a file's content, the device, versions), one sentence each. */
  readonly changed: readonly string[];
}

export interface KeepRequests {
  /**
   * Writes an explanation: the one just made, if nothing it depends on has changed, else it is made. `to` is a file, or
   * the folder for 'folder'. Answers with the paths written.
   */
  keep: {
    params: { explanation: ExplainParams; form: KeepForm; to: string; colors?: HeatMapColors; sections?: readonly ReportSection[] };
    result: { files: readonly string[] };
    progress: ExplainProgress;
  };
  /** Writes what was found of a table as one HTML page. Answers with the path written. */
  keepTable: { params: { results: readonly ExplainTableResult[]; qualities?: readonly TableQuality[]; to: string }; result: { files: readonly string[] }; progress: never };
  /** What explanation.json or a report asks for: enough to explain again; of a table which one, and by which model. Rejects where it is neither. */
  kept: { params: { file: string }; result: { explanation: ExplainParams } | { table: Pick<TableSource, 'model' | 'file'> }; progress: never };
  /** Explains again from explanation.json or a report, and compares. */
  again: { params: { file: string; device?: ExplainParams['device'] }; result: ExplainResult & { verdict: AgainVerdict }; progress: ExplainProgress };
}
