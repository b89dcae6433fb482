/** What methods over a whole table take on a small network of 30 features, beside the same arithmetic in plain NumPy. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Engine } from '../../src/engine/engine';
import { explainTable } from '../../src/engine/jobs/table';
import { predictRows } from '../../src/engine/jobs/predictRows';
import { openModel } from '../../src/formats/open';
import { readInitializer } from '../../src/formats/readTensor';
import type { Parameters } from '../../src/methods/method';
import { Random } from '../../src/tensor/random';
import { toFloat64 } from '../../src/tensor/convert';
import { median, milliseconds, peakMegabytes } from './measure';

export interface TableRow {
  readonly method: string;
  /** Rows the model was run on. */
  readonly rowsRun: number;
  readonly seconds: number;
  /** Of all threads: what is left of the figures when others use the machine too. */
  readonly cpuSeconds: number;
  readonly rowsPerSecond: number;
  readonly peakMB: number;
}

export const tableModel = '../golden/models/breast_cancer_mlp.onnx';
const features = 30, explained = 100, background = 100, coalitions = 2 * features + 2048, pdpRows = 10_000;

interface Job { readonly method: string; readonly rows: number; readonly parameters: Parameters }

const jobs: Readonly<Record<string, Job>> = {
  'kernel-shap, 100 rows, 100 background rows': { method: 'shap-summary', rows: 569, parameters: { rows: explained, engine: 'kernel', nSamples: coalitions, backgroundRows: background } },
  'shap-summary as it is, 100 rows': { method: 'shap-summary', rows: 569, parameters: { rows: explained, backgroundRows: background } },
  'pdp, 10,000 rows, grid 100': { method: 'pdp', rows: pdpRows, parameters: { gridResolution: 100, iceRows: 0 } },
  'pdp, 10,000 rows, grid 20': { method: 'pdp', rows: pdpRows, parameters: { gridResolution: 20, iceRows: 0 } },
};
const sliders = 'predictRows, one row, warm', numpy = 'NumPy: kernel-shap, 100 rows, 100 background rows';
export const tableMethods: readonly string[] = [...Object.keys(jobs), sliders, numpy];

export async function measureTable(file: string, name: string): Promise<TableRow> {
  if (name === numpy) return measureNumpy(file);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-bench-')), engine = new Engine(__filename);
  try {
    const job = jobs[name], csv = writeTable(folder, job?.rows ?? 569), source = { model: file, file: csv, device: 'cpu' as const }, { signal } = new AbortController();
    if (!job) {
      const ask = (at: number): Promise<unknown> => predictRows(engine, { ...source, values: [Array.from({ length: features }, (_, k) => k + at / 100)] }, { signal, progress: () => undefined });
      await ask(0);
      const times: number[] = [], cpu = process.cpuUsage();
      for (let at = 1; at <= 100; at++) times.push(await milliseconds(() => ask(at)));
      return row(name, 1, median(times) / 1000, seconds(process.cpuUsage(cpu)) / 100);
    }
    const ask = () => explainTable(engine, { ...source, method: job.method, parameters: job.parameters, label: '' }, { signal, progress: () => undefined });
    await explainTable(engine, { ...source, method: 'pdp', parameters: { maxRows: 10 }, label: '' }, { signal, progress: () => undefined });
    const cpu = process.cpuUsage(), { record } = await ask();
    return row(name, record.timings.rowsRun!, record.timings.methodMs! / 1000, seconds(process.cpuUsage(cpu)));
  } finally {
    await engine.close();
    fs.rmSync(folder, { recursive: true });
  }
}

function row(method: string, rowsRun: number, wall: number, cpuSeconds: number): TableRow {
  return { method, rowsRun, seconds: wall, cpuSeconds, rowsPerSecond: Math.round(rowsRun / wall), peakMB: peakMegabytes() };
}

const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;

/** Columns of different sizes, as that model's table has them. */
function writeTable(folder: string, rows: number): string {
  const random = new Random(7), file = path.join(folder, 'table.csv');
  const lines = [Array.from({ length: features }, (_, k) => `measure ${'abcdefghijklmnopqrstuvwxyz'[k % 26]!}${k > 25 ? 'a' : ''}`).join(',')];
  for (let at = 0; at < rows; at++) lines.push(Array.from({ length: features }, (_, k) => ((1 + (k % 7)) * (2 + random.normal())).toFixed(4)).join(','));
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/**
 * What the arithmetic takes in NumPy's float32 with the network written out by hand: no library's own overhead, so less
 * than shap's KernelExplainer takes over any model.
 */
async function measureNumpy(file: string): Promise<TableRow> {
  const { graph } = await openModel(file), weights: Record<string, { dims: readonly number[]; data: number[] }> = {};
  for (const [name, initializer] of graph.initializers) {
    const tensor = await readInitializer(initializer);
    weights[name] = { dims: tensor.dims, data: Array.from(toFloat64(tensor)) };
  }
  const layers = graph.nodes.map(({ opType, inputs }) => ({ op: opType, inputs: inputs.filter((name) => graph.initializers.has(name)) }));
  const script = `
import json, sys, time, resource
import numpy as np
given = json.load(sys.stdin)
w = {k: np.array(v['data'], np.float32).reshape(v['dims']) for k, v in given['weights'].items()}
def network(x):
    for layer in given['layers']:
        a = [w[name] for name in layer['inputs']]
        if layer['op'] == 'Sub': x = x - a[0]
        elif layer['op'] == 'Div': x = x / a[0]
        elif layer['op'] == 'Gemm': x = x @ (a[0] if a[0].shape[0] == x.shape[1] else a[0].T) + a[1]
        elif layer['op'] == 'Relu': x = np.maximum(x, 0)
        elif layer['op'] == 'Tanh': x = np.tanh(x)
        elif layer['op'] == 'Softmax':
            e = np.exp(x - x.max(1, keepdims=True)); x = e / e.sum(1, keepdims=True)
        else: raise SystemExit('no ' + layer['op'])
    return x[:, 1]
M, B, S, R = ${features}, ${background}, ${coalitions}, ${explained}
rng = np.random.default_rng(0)
rows, back = rng.normal(size=(R, M)).astype(np.float32), rng.normal(size=(B, M)).astype(np.float32)
sizes = rng.choice(np.arange(1, M), S, p=(lambda p: p / p.sum())(1 / (np.arange(1, M) * (M - np.arange(1, M)))))
masks = np.argsort(rng.random((S, M)), 1).argsort(1) < sizes[:, None]
start, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
for x in rows:
    v = network(np.where(masks[:, None, :], x, back[None]).reshape(-1, M)).reshape(S, B).mean(1)
    nothing, whole = network(back).mean(), network(x[None])[0]
    z = masks[:, :-1].astype(np.float32) - masks[:, -1:]
    np.linalg.lstsq(z, v - nothing - masks[:, -1] * (whole - nothing), rcond=None)
wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([wall, after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime, after.ru_maxrss / 1024]))
`;
  const done = spawnSync('python3', ['-c', script], { input: JSON.stringify({ weights, layers }), encoding: 'utf8', maxBuffer: 2 ** 24 });
  if (done.status !== 0) throw new Error(`python3 with NumPy is needed for the comparison: ${done.stderr.trim().split('\n').at(-1) ?? 'not found'}`);
  const [wall, cpuSeconds, peakMB] = JSON.parse(done.stdout) as [number, number, number], rowsRun = explained * background * coalitions;
  return { method: numpy, rowsRun, seconds: wall, cpuSeconds, rowsPerSecond: Math.round(rowsRun / wall), peakMB };
}
