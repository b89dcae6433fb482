/** Where the time of a graph goes: ONNX Runtime's own profile, the least of several runs a node. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import type { ModelFile } from '../../src/graph/graph';
import { createSession, only } from './models';

export interface NodeTime {
  readonly name: string;
  readonly opType: string;
  readonly dims: string;
  readonly ms: number;
}

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly output_type_shape?: readonly Record<string, readonly number[]>[] };
}

/** Profiles `runs` runs of a model and returns its nodes, slowest first. */
export async function profileModel(model: ModelFile, feeds: Record<string, Tensor>, threads: number, runs = 12): Promise<NodeTime[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-profile-'));
  try {
    const { session } = await createSession(model, threads, { enableProfiling: true, profileFilePrefix: path.join(folder, 'profile') });
    for (let run = 0; run < runs; run++) await session.run(only(session, feeds));
    session.endProfiling();
    await session.release();
    const file = fs.readdirSync(folder)[0]!;
    const events = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as TraceEvent[];
    const least = new Map<string, NodeTime>();
    for (const event of events) {
      if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
      const name = event.name.slice(0, -'_kernel_time'.length), ms = event.dur / 1000;
      const dims = Object.values(event.args?.output_type_shape?.[0] ?? {})[0]?.join('×') ?? '';
      if (!least.has(name) || least.get(name)!.ms > ms) least.set(name, { name, opType: event.args?.op_name ?? '?', dims, ms });
    }
    return [...least.values()].sort((a, b) => b.ms - a.ms);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The slowest nodes and the sums by op, as text. */
export function describeProfile(nodes: readonly NodeTime[], top = 25): string {
  const sums = new Map<string, { ms: number; count: number }>();
  for (const { opType, ms } of nodes) {
    const sum = sums.get(opType) ?? { ms: 0, count: 0 };
    sums.set(opType, { ms: sum.ms + ms, count: sum.count + 1 });
  }
  const total = nodes.reduce((sum, node) => sum + node.ms, 0);
  return [
    `total ${total.toFixed(2)} ms in ${nodes.length} nodes`,
    ...[...sums].sort((a, b) => b[1].ms - a[1].ms).slice(0, 14).map(([op, { ms, count }]) => `  ${ms.toFixed(2).padStart(8)} ms  ${String(count).padStart(4)} × ${op}`),
    ...nodes.slice(0, top).map((node) => `  ${node.ms.toFixed(3).padStart(8)} ms  ${node.opType} ${node.dims}  ${node.name}`),
  ].join('\n');
}
