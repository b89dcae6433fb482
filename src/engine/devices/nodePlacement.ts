/**
 * Which nodes of a graph ran on a device, and which on the CPU beside it: ONNX Runtime's own profile of a session's first
 * run, which is all that knows after its optimiser. Profiling ends with that run, and costs the later ones nothing.
 */
import * as fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { NodePlacement } from '../../protocol/nodePlacement';

/** An entry of the profile, which is a Chrome trace. */
interface TraceEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly args?: { readonly provider?: string; readonly op_name?: string; readonly node_index?: string };
}

/** A profile of so many bytes is not read: the graph would have to have hundreds of thousands of nodes. */
const largestProfile = 2 ** 28;

export class FirstRunProfile {
  private constructor(private readonly folder: string) {}

  /** Undefined where nothing can be written: then nobody learns where nodes ran, and nothing else is lost. */
  static async begin(): Promise<FirstRunProfile | undefined> {
    try {
      return new FirstRunProfile(await fs.mkdtemp(path.join(os.tmpdir(), 'model-lens-profile-')));
    } catch {
      return undefined;
    }
  }

  /** What a session is to be made with. */
  get options(): InferenceSession.SessionOptions {
    return { enableProfiling: true, profileFilePrefix: path.join(this.folder, 'run') };
  }

  /** After the first run: where its nodes ran. Undefined where the profile cannot be read. */
  async end(session: InferenceSession): Promise<NodePlacement | undefined> {
    try {
      session.endProfiling();
      const [name] = await fs.readdir(this.folder), file = path.join(this.folder, name!);
      return (await fs.stat(file)).size > largestProfile ? undefined : placementIn(JSON.parse(await fs.readFile(file, 'utf8')) as TraceEvent[]);
    } catch {
      return undefined;
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await fs.rm(this.folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Counts every node once, however often a loop ran it. */
export function placementIn(events: readonly TraceEvent[]): NodePlacement {
  const seen = new Set<string>(), onCpu: Record<string, number> = {};
  let nodes = 0, copies = 0;
  for (const { cat, name = '', args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || args?.op_name === undefined) continue;
    const key = `${name}\0${args.node_index ?? ''}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (/^Memcpy(To|From)Host$/.test(args.op_name)) {
      copies++;
      continue;
    }
    nodes++;
    if (args.provider === 'CPUExecutionProvider') onCpu[args.op_name] = (onCpu[args.op_name] ?? 0) + 1;
  }
  return { nodes, onCpu, copies };
}

/** '12 of 365 nodes ran on the CPU beside WebGPU (Shape × 4, Gather × 3, and 5 of 2 other kinds); 6 values were carried over.'; undefined where none did. */
export function fallenWords(placements: Iterable<NodePlacement>, device: string): string | undefined {
  let nodes = 0, copies = 0;
  const byOp = new Map<string, number>();
  for (const placement of placements) {
    nodes += placement.nodes;
    copies += placement.copies;
    for (const [op, count] of Object.entries(placement.onCpu)) byOp.set(op, (byOp.get(op) ?? 0) + count);
  }
  const fallen = [...byOp.values()].reduce((sum, count) => sum + count, 0);
  if (fallen === 0) return undefined;
  const sorted = [...byOp].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)), named = sorted.slice(0, mostNamed).map(([op, count]) => `${op} × ${count}`);
  const rest = sorted.slice(mostNamed), others = rest.length ? [`and ${rest.reduce((sum, [, count]) => sum + count, 0)} of ${rest.length} other kinds`] : [];
  return `${fallen} of ${nodes} nodes ran on the CPU beside ${device} (${[...named, ...others].join(', ')}); ${copies === 0 ? 'no values were' : copies === 1 ? '1 value was' : `${copies} values were`} carried between the two.`;
}

const mostNamed = 8;
