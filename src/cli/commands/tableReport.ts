/** `table --report FILE`: what most people want to know of a model and a table, on one page. */
import path from 'node:path';
import { keepTable } from '../../engine/jobs/keepTable';
import { explainTable, openTable } from '../../engine/jobs/table';
import { tableQuality } from '../../engine/jobs/tableQuality';
import type { ExplainTableParams, ExplainTableProgress, ExplainTableResult, TableSource } from '../../protocol/table';
import type { TableQuality } from '../../protocol/tableQuality';
import { LensError, throwIfAborted } from '../../protocol/rpc';
import type { CommandContext } from '../start';
import { clearLine, note, print, printJson, status } from '../terminal';

/** Features whose curves are drawn: the most important ones. */
const mostCurves = 16, curveRows = 1000;

export interface ReportWish extends Pick<ExplainTableParams, 'row' | 'target' | 'space'> {
  readonly source: TableSource;
  readonly group?: string;
  readonly to: string;
  readonly json: boolean;
}

/** Importance, what each feature does, a tree, quality where labels are known; of a row what adds up to its score and what would change it. */
export async function runReport({ source, row, target, space, group, to, json }: ReportWish, { engine, signal }: CommandContext, say: (method: string, value: ExplainTableProgress) => void): Promise<void> {
  const opened = await openTable(engine, source, { signal, progress: ({ rows }) => status(`${rows} rows read`) }), { reading, problem } = opened;
  if (!reading) throw problem ? new LensError(problem.code, problem.message, problem.remedy) : new LensError('failed', 'the columns do not fit the model');
  const results: ExplainTableResult[] = [], qualities: TableQuality[] = [], left: string[] = [];
  const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throwIfAborted(signal);
      left.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    clearLine();
  };
  const explain = (params: Pick<ExplainTableParams, 'method' | 'preset' | 'parameters' | 'features' | 'row'>): Promise<void> => attempt(params.method, async () => {
    results.push(await explainTable(engine, { ...source, ...params, target: target ?? (params.row === undefined ? reading.target : undefined), space }, { signal, progress: (value) => { if (value.type === 'partial') say(params.method, value); } }));
  });
  await explain({ method: 'permutation-importance', parameters: { maxRows: 5000 } });
  const features = mostImportant(results[0], reading.mapping.features.map(({ feature }) => feature.name));
  await explain({ method: 'pdp', parameters: { centred: true, gridResolution: 40, iceRows: 20, maxRows: curveRows }, features });
  await explain({ method: 'distil', parameters: { maxDepth: 6 } });
  if (reading.fit) await attempt('quality', async () => { qualities.push(await tableQuality(engine, { ...source, ...(target !== undefined && { target }), ...(group !== undefined && { group }) }, { signal, progress: ({ done, total }) => status(`quality: ${done} of ${total}`) })); });
  if (row !== undefined) for (const method of ['kernel-shap', 'counterfactual', 'nearest-rows']) await explain({ method, row });
  for (const reason of left) note(`note: left out of the report: ${reason}`);
  const { files } = await keepTable({ results, qualities, to });
  if (json) printJson({ files, records: results.map(({ record }) => record), qualities: qualities.length });
  else print(`${results.map(({ record }) => record.method).join(', ')}${qualities.length ? ', quality' : ''}\n${files.map((file) => `wrote ${path.relative('', file) || file}`).join('\n')}`);
}

function mostImportant(result: ExplainTableResult | undefined, names: readonly string[]): readonly string[] {
  if (result?.finding.kind !== 'importance') return names.slice(0, mostCurves);
  return [...result.finding.features].sort((a, b) => (b.mean || 0) - (a.mean || 0)).slice(0, mostCurves).flatMap(({ feature }) => names[feature] ?? []);
}
