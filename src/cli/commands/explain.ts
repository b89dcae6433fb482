import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { explain, type Explained } from '../../engine/jobs/explain';
import type { ExplainParams, ExplainProgress, ExplanationRecord, TargetWords } from '../../protocol/engine';
import { choice, devices, flag, inputFiles, integer, parameters, parse, preprocessing, spaces, text, texts, UsageError } from '../arguments';
import type { CommandContext } from '../start';
import { makeOutputFolder } from '../../engine/keep/outputFolder';
import { explanationReport } from '../../engine/keep/report';
import { saveExplanation } from '../../engine/keep/saveExplanation';
import { LensError } from '../../protocol/rpc';
import { clean, clearLine, note, percent, print, printJson, status } from '../terminal';
import { describePrediction, sayPreprocessing } from './predict';

const options = {
  input: { type: 'string', multiple: true }, method: { type: 'string' }, target: { type: 'string' }, reference: { type: 'string' }, space: { type: 'string' }, output: { type: 'string' },
  layer: { type: 'string' }, preset: { type: 'string' }, set: { type: 'string', multiple: true }, explained: { type: 'string' }, seed: { type: 'string' },
  device: { type: 'string' }, preprocessing: { type: 'string' }, out: { type: 'string' }, report: { type: 'string' },
} as const;

/** model-lens explain MODEL --input X --method ID */
export async function runExplain(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('explain', argv, options, { least: 1, most: 1, names: 'MODEL' });
  const method = text(parsed, 'method');
  if (method === undefined) throw new UsageError("--method is missing; 'model-lens methods' lists them", 'explain');
  const params: ExplainParams = {
    model: parsed.positionals[0]!, inputs: inputFiles(texts(parsed, 'input'), 'explain'), input: text(parsed, 'explained'), method,
    preset: text(parsed, 'preset'), parameters: parameters(texts(parsed, 'set'), 'explain'), layer: text(parsed, 'layer'),
    seed: integer(parsed, 'explain', 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 0, device: choice(parsed, 'explain', 'device', devices) ?? 'auto',
    preprocessing: preprocessing(text(parsed, 'preprocessing'), 'explain'),
    target: { output: text(parsed, 'output'), class: targetClass(text(parsed, 'target')), space: choice(parsed, 'explain', 'space', spaces), reference: text(parsed, 'reference') },
  };
  const out = text(parsed, 'out');
  if (out !== undefined) await makeOutputFolder(out);
  const explained = await explain(engine, params, { signal, progress: (value) => sayProgress(method, value) });
  clearLine();
  const { record } = explained.result;
  for (const warning of record.warnings) note(`note: ${warning}`);
  const files = out === undefined ? [] : await saveExplanation(out, explained);
  const report = text(parsed, 'report');
  if (report !== undefined) files.push(await writeReport(report, explained));
  if (flag(parsed, 'json')) printJson(record);
  else print(describeExplanation(record, files));
}

/** @returns the file's path */
async function writeReport(file: string, explained: Explained): Promise<string> {
  try {
    await writeFile(file, await explanationReport(explained));
  } catch (error) {
    throw new LensError('failed', `--report ${file}: cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return path.resolve(file);
}

/** A class by its number and label; anything else in its own words. */
function sayTarget({ index, label, text: form, elements = 1 }: TargetWords): string {
  if (form === undefined) return `${index} '${clean(label)}'`;
  return `'${clean(label, 300)}'${elements > 2 ? ` (${elements} elements)` : ''}`;
}

/** The distribution at another temperature than the model's own. */
function tempered({ distribution, parameters, prediction }: ExplanationRecord): string[] {
  if (!distribution || parameters.temperature === 1) return [];
  const labels = new Map(prediction.top.map(({ index, label }) => [index, label]));
  return [
    `at temperature ${parameters.temperature}: entropy ${distribution.entropy?.toFixed(2) ?? '?'} bits, margin ${percent(distribution.margin)}`,
    ...distribution.top.map(({ index, probability }) => `${String(index).padStart(5)}  ${clean(labels.get(index) ?? `class ${index}`)}  ${percent(probability)}`),
  ];
}

/** A class index, or a label. */
function targetClass(value: string | undefined): number | string | undefined {
  return value !== undefined && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
}

/** The preparation in words, then how far the run is. */
export function sayProgress(method: string, value: ExplainProgress): void {
  if (value.type === 'prepared') {
    sayPreprocessing(value.preprocessing);
    const { target, prediction, layer } = value;
    note(`explaining ${sayTarget(target)} (${target.space} of '${clean(target.output)}')${layer === undefined ? '' : ` at layer '${clean(layer)}'`}; predicted '${prediction.top[0]?.label}' ${percent(prediction.top[0]?.probability ?? null)}`);
  } else if (value.type === 'device') {
    note(value.message);
  } else {
    const error = value.standardError === undefined ? '' : `, standard error ${percent(value.standardError)}`;
    status(`${method}: ${value.done} of ${value.total}${error}`);
  }
}

/** What was found, in words, and where it was written. */
export function describeExplanation(record: ExplanationRecord, files: readonly string[]): string {
  return [
    describePrediction(record.prediction),
    '',
    `${record.method} (preset ${record.preset}) of ${sayTarget(record.target)}, ${record.target.space} ${record.target.score.toPrecision(6)}${record.layer === undefined ? '' : `, layer '${clean(record.layer)}'`}`,
    ...(record.distribution ? tempered(record) : []),
    ...record.checks.map((check) => `${check.ok ? 'ok' : 'caution'}: ${clean(check.message, 600)}`),
    `${Math.round(record.timings.totalMs ?? 0)} ms on ${record.device.detail}`,
    ...files.map((file) => `wrote ${path.relative('', file) || file}`),
  ].join('\n');
}
