/**
 * npm run bench [-- --only gradient,methods,masked,tensorflow,structure,pointing,tables] [--model TEXT] [--batch 1,8] [--threads 2] [--repeats 9]
 *               [--json FILE] [--profile MODEL]
 *
 * Prints a table a section. Every row is measured in a process of its own, so that peak memory and cold times are that
 * row's. Compare ratios within a run, not milliseconds between runs: nothing here is asserted.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { parseArgs } from 'node:util';
import { measureGradient, profileGradient } from './gradient';
import { measureMethod, measuredMethods } from './methods';
import { measureMasked } from './masked';
import { imageModels, modelFile } from './models';
import { measurePointing, pointingMethods, pointingModel } from './pointing';
import { measureLargeExternal, measureStructure } from './structure';
import { measureTable, tableMethods, tableModel } from './tables';
import { measureTensorflow } from './tensorflow';

const structureModels = ['structure/gpt_220blocks_random_over10k_nodes.onnx', 'converted/imagenet_squeezenet_fp32.onnx', 'structure/light_vgg19.onnx'];
const maskedModels = imageModels.slice(0, 4), tensorflowModels = ['tfjs/nsfwjs_mobilenet_v2_uint8/model.json'];
const sections = ['gradient', 'methods', 'masked', 'tensorflow', 'structure', 'pointing', 'tables'] as const;
type Section = (typeof sections)[number];
type Row = Record<string, string | number>;

/** One row's work, as it is handed to its process. */
interface Task {
  readonly section: Section;
  readonly model: string;
  readonly batch?: number;
  readonly method?: string;
  readonly threads: number;
  readonly repeats: number;
}

const marker = 'bench-row ';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: sections.join(',') }, model: { type: 'string', default: '' }, batch: { type: 'string', default: '1,8' },
      threads: { type: 'string', default: '2' }, repeats: { type: 'string', default: '9' }, json: { type: 'string' }, profile: { type: 'string' }, task: { type: 'string' },
    },
  });
  if (values.task !== undefined) {
    console.log(marker + JSON.stringify(await measure(JSON.parse(values.task) as Task)));
    return 0;
  }
  const threads = positive('threads', values.threads), repeats = positive('repeats', values.repeats);
  const batches = values.batch.split(',').map((batch) => positive('batch', batch));
  if (values.profile !== undefined) {
    const file = await modelFile(values.profile);
    if (file) console.log(await profileGradient(file, batches[0]!, threads));
    return file ? 0 : 1;
  }
  const chosen = values.only.split(',');
  for (const name of chosen) if (!sections.includes(name as Section)) throw new Error(`--only takes ${sections.join(', ')}; found '${name}'`);

  const results: Record<string, Row[]> = {};
  let failures = 0;
  for (const section of sections.filter((name) => chosen.includes(name))) {
    const tasks = tasksOf(section, batches, threads, repeats).filter(({ model }) => model.includes(values.model));
    const rows: Row[] = [];
    for (const task of tasks) {
      const outcome = runTask(task);
      if ('row' in outcome) rows.push(outcome.row);
      else {
        console.error(`${task.method ? `${task.method}: ` : ''}${task.model || 'external data'}${task.batch ? ` at batch ${task.batch}` : ''}: ${outcome.error}`);
        failures++;
      }
    }
    results[section] = rows;
    if (rows.length > 0) console.log(`\n${section}\n${table(rows)}`);
  }
  if (values.json !== undefined) {
    const machine = { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.cpus().length, platform: `${process.platform}-${process.arch}`, node: process.version };
    fs.writeFileSync(values.json, `${JSON.stringify({ machine, threads, repeats, ...results }, null, 1)}\n`);
  }
  if (failures > 0) console.error(`\n${failures} rows could not be measured (see above)`);
  return Object.values(results).some((rows) => rows.length > 0) ? 0 : 1;
}

function tasksOf(section: Section, batches: readonly number[], threads: number, repeats: number): Task[] {
  const base = { section, threads, repeats };
  if (section === 'gradient') return imageModels.flatMap((model) => batches.map((batch) => ({ ...base, model, batch })));
  if (section === 'methods') return imageModels.slice(0, 4).flatMap((model) => Object.keys(measuredMethods).map((method) => ({ ...base, model, method })));
  if (section === 'masked') return maskedModels.map((model) => ({ ...base, model }));
  if (section === 'pointing') return pointingMethods().map((method) => ({ ...base, model: pointingModel, method }));
  if (section === 'tables') return tableMethods.map((method) => ({ ...base, model: tableModel, method }));
  if (section === 'tensorflow') return tensorflowModels.map((model) => ({ ...base, model }));
  return [...structureModels.map((model) => ({ ...base, model })), { ...base, model: '' }];
}

async function measure(task: Task): Promise<object> {
  if (task.section === 'structure' && task.model === '') return measureLargeExternal();
  if (task.section === 'pointing') return measurePointing(task.method!);
  const file = await modelFile(task.model);
  if (file === undefined) throw new Error('is not in the pack; MODEL_LENS_SHARED names another folder');
  if (task.section === 'tables') return measureTable(file, task.method!);
  if (task.section === 'gradient') return measureGradient(file, task.model, task.batch!, task.threads, task.repeats);
  if (task.section === 'masked') return measureMasked(file, task.model);
  if (task.section === 'tensorflow') return measureTensorflow(file, task.model);
  if (task.section === 'methods') return measureMethod(file, task.model, task.method!, 3);
  return measureStructure(file, task.model);
}

/** Runs a task in a process of its own; its last line of output is the row. */
function runTask(task: Task): { row: Row } | { error: string } {
  const child = spawnSync(process.execPath, [...process.execArgv, __filename, '--task', JSON.stringify(task)], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const line = child.stdout.split('\n').find((text) => text.startsWith(marker));
  if (line) return { row: JSON.parse(line.slice(marker.length)) as Row };
  const last = child.stderr.trim().split('\n').at(-1);
  return { error: last || `ended with ${child.signal ?? `exit code ${child.status}`}` };
}

function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0]!);
  const cell = (value: string | number | undefined): string => (typeof value !== 'number' ? value ?? '' : Number.isInteger(value) ? String(value) : value >= 100 ? value.toFixed(0) : value.toFixed(2));
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  return lines.map((line) => line.map((text, index) => (index === 0 ? text.padEnd(widths[index]!) : text.padStart(widths[index]!))).join('  ')).join('\n');
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes whole numbers from 1 on; found '${text}'`);
  return value;
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
