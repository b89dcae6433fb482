import path from 'node:path';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { sha256 } from '../../engine/digest';
import { trust } from '../../engine/jobs/trust';
import { paramsOf, readRecord } from '../../engine/keep/record';
import type { ExplainParams, ExplanationRecord } from '../../protocol/engine';
import { LensError } from '../../protocol/rpc';
import type { Figure, TrustProgress, TrustResult, Words } from '../../protocol/trust';
import { asFloatTensor } from '../../tensor/convert';
import { parseNpy } from '../../tensor/npy';
import type { FloatTensor } from '../../tensor/tensor';
import { choice, devices, flag, parse, text } from '../arguments';
import type { CommandContext } from '../start';
import { clean, clearLine, note, percent, print, printJson, status, table } from '../terminal';

const options = { metrics: { type: 'string' }, mask: { type: 'string' }, device: { type: 'string' } } as const;

/** model-lens trust DIR: figures for the map that `explain --out DIR` wrote. */
export async function runTrust(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('trust', argv, options, { least: 1, most: 1, names: 'DIR' });
  const folder = parsed.positionals[0]!, metrics = text(parsed, 'metrics')?.split(',').map((id) => id.trim()).filter((id) => id !== '');
  const record = await readRecord(path.join(folder, 'explanation.json'));
  const values = await readAttributions(path.join(folder, 'attributions.npy'));
  const wanted = choice(parsed, 'trust', 'device', devices), mask = text(parsed, 'mask');
  const explanation: ExplainParams = { ...await paramsOf(record, folder), ...(wanted !== undefined && { device: wanted }) };
  const changed = await whatChanged(record, explanation, signal);
  for (const sentence of changed) note(`note: ${sentence}`);
  const result = await trust(engine, { ...explanation, ...(metrics && { metrics }), ...(mask !== undefined && { mask }) }, { signal, progress: sayProgress }, { values, checks: record.checks ?? [] });
  clearLine();
  if (flag(parsed, 'json')) printJson({ ...result, changed });
  else print(describe(record, result));
}

async function readAttributions(file: string): Promise<FloatTensor> {
  if (!existsSync(file)) throw new LensError('notFound', `${file}: no such file`, "'model-lens explain … --out DIR' writes it, for methods that make a map");
  return asFloatTensor(parseNpy(await readFile(file), path.basename(file)));
}

/** Files that are not what the explanation was made of. */
async function whatChanged(record: ExplanationRecord, params: ExplainParams, signal: AbortSignal): Promise<string[]> {
  const changed: string[] = [];
  if (await sha256(params.model, signal) !== record.model.sha256) changed.push(`The model file has changed since the map was made, so the figures are not of that model: ${path.basename(params.model)}.`);
  for (const [name, { sha256: before, row }] of Object.entries(record.inputs)) {
    const given = params.inputs[name]!, file = row === undefined ? given : given.slice(0, given.lastIndexOf('#'));
    if (await sha256(file, signal) !== before) changed.push(`The input '${name}' has changed since the map was made: ${path.basename(file)}.`);
  }
  return changed;
}

function sayProgress(value: TrustProgress): void {
  if (value.type === 'running') status(`${value.metric}: ${percent(value.done)}`);
  else if (value.type === 'planned') status(`${value.metrics.length} figures`);
}

function describe(record: ExplanationRecord, { figures, skipped, verdict, milliseconds }: TrustResult): string {
  const number = (value: number | undefined): string => (value === undefined ? '–' : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : value.toPrecision(3));
  const judged = (figure: Figure): string => (figure.passes === undefined ? figure.againstRandom ?? '' : figure.passes ? 'passes' : 'fails');
  return [
    `${record.method} of '${clean(record.target.label || String(record.target.index))}'`,
    '',
    table(['figure', 'better', 'this map>', 'random>', 'edges>', 'verdict', 'against edges'], figures.map((figure) => [
      figure.id, figure.better, number(figure.value), number(figure.random), number(figure.edges), judged(figure), figure.againstEdges ?? '',
    ])),
    '',
    ...skipped.map(({ id, reason }) => `not measured: ${id}: ${clean(reason, 300)}`), ...(skipped.length ? [''] : []),
    say(verdict.headline),
    ...verdict.reasons.map((reason) => `${reason.speaks === 'for' ? '+' : '-'} ${say(reason)}`),
    `${milliseconds} ms`,
  ].join('\n');
}

function say({ text: template, values }: Words): string {
  return template.replace(/\{(\d+)\}/g, (hole, index: string) => String(values[Number(index)] ?? hole));
}
