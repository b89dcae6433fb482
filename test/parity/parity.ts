/** Walks the golden folder and tells, method by method, what passes, what fails, and what is not implemented yet. */
import { findMethod } from '../../src/methods/registry';
import type { DeviceId } from '../../src/protocol/engine';
import implemented from './implemented.json';
import { judgeCase } from './cases';
import type { Comparison } from './compare';
import { EngineRoom, NotImplementedYet } from './engineRoom';
import { goldenDir, goldenExists, readCases } from './golden';
import { isMetric } from './metrics';
import { judgePrediction, readPredictions } from './predictions';
import { tableMethod } from './tables';
import { judgeLayers, judgeShapes, readLayerFiles, readShapeFiles } from './shapes';

export type Status = 'passed' | 'failed' | 'not implemented';

export interface Outcome {
  readonly method: string;
  readonly id: string;
  readonly status: Status;
  /** Largest difference over the largest expected value; absent where nothing was compared. */
  readonly error?: number;
  readonly message: string;
  readonly milliseconds: number;
}

interface Job {
  readonly method: string;
  readonly id: string;
  judge(room: EngineRoom): Promise<Comparison>;
}

/** What is checked that is no explanation method. */
const fileChecks = ['predictions', 'shapes', 'layers'];

/** Everything the golden folder holds. Throws if it is not there or holds nothing. */
export function readJobs(): Job[] {
  if (!goldenExists()) throw new Error(`${goldenDir}: not found; set GOLDEN_DIR to a folder of golden cases`);
  const jobs: Job[] = [
    ...readCases().map((item) => ({ method: item.method, id: item.id, judge: (room: EngineRoom) => judgeCase(item, room) })),
    ...readPredictions().map((entry) => ({ method: 'predictions', id: entry.model, judge: (room: EngineRoom) => judgePrediction(entry, room) })),
    ...readShapeFiles().map((entry) => ({ method: 'shapes', id: entry.id, judge: (room: EngineRoom) => judgeShapes(entry, room) })),
    ...readLayerFiles().map((entry) => ({ method: 'layers', id: entry.id, judge: (room: EngineRoom) => judgeLayers(entry, room) })),
  ];
  if (jobs.length === 0) throw new Error(`${goldenDir}: holds no cases`);
  return jobs;
}

/** Methods and metrics that were built once and are gone: listed in implemented.json, but not in a registry. */
export function vanished(): string[] {
  return implemented.filter((id) => !fileChecks.includes(id) && findMethod(id) === undefined && tableMethod(id) === undefined && !isMetric(id));
}

export interface ParityOptions {
  /** Methods; all where absent. */
  readonly only?: readonly string[];
  /** Which of their cases; all where absent. */
  readonly select?: (job: Pick<Job, 'method' | 'id'>) => boolean;
  /** Where the models run; the CPU where absent. */
  readonly device?: DeviceId;
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** Judges all jobs, or those the options leave, one after the other. */
export async function runParity(options: ParityOptions = {}): Promise<Outcome[]> {
  const { only, select, device, onOutcome } = options;
  const jobs = readJobs().filter((job) => (!only || only.includes(job.method)) && (!select || select(job)));
  const room = new EngineRoom(device);
  const outcomes: Outcome[] = [];
  try {
    for (const job of jobs) {
      const outcome = await judged(job, room);
      outcomes.push(outcome);
      onOutcome?.(outcome);
    }
  } finally {
    await room.close();
  }
  return outcomes;
}

async function judged({ method, id, judge }: Job, room: EngineRoom): Promise<Outcome> {
  const start = performance.now();
  const outcome = (status: Status, message: string, error?: number): Outcome => ({ method, id, status, message, milliseconds: Math.round(performance.now() - start), ...(error !== undefined && { error }) });
  try {
    const { passed, message, error } = await judge(room);
    return outcome(passed ? 'passed' : 'failed', message, error);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Only a method that nobody asked for yet is 'not implemented': a missing reader or rule fails its case.
    return outcome(error instanceof NotImplementedYet ? 'not implemented' : 'failed', message.split('\n')[0]!);
  }
}

/** The table, the failed cases, and a closing line. */
export function report(outcomes: readonly Outcome[]): string {
  const rows = [['method', 'passed', 'failed', 'not implemented', 'largest error']];
  for (const method of [...new Set(outcomes.map((outcome) => outcome.method))].sort()) {
    const own = outcomes.filter((outcome) => outcome.method === method);
    const errors = own.flatMap(({ error }) => (error === undefined ? [] : [error]));
    rows.push([method, ...(['passed', 'failed', 'not implemented'] as const).map((status) => String(count(own, status))), errors.length ? percent(Math.max(...errors)) : '–']);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '));
  for (const outcome of outcomes) if (outcome.status === 'failed') lines.push(`failed: ${outcome.method} ${outcome.id}: ${outcome.message}`);
  for (const id of vanished()) lines.push(`failed: the method '${id}' was implemented and is gone`);
  return [...lines, closingLine(outcomes)].join('\n');
}

export function closingLine(outcomes: readonly Outcome[]): string {
  return `${count(outcomes, 'passed')} passed, ${count(outcomes, 'failed')} failed, ${count(outcomes, 'not implemented')} not implemented`;
}

function count(outcomes: readonly Outcome[], status: Status): number {
  return outcomes.filter((outcome) => outcome.status === status).length;
}

/** A relative error for the table: a percentage of the largest expected value. */
function percent(error: number): string {
  return Number.isFinite(error) ? `${(100 * error).toPrecision(2)} %` : 'no numbers';
}
