/** Opening a model: everything the editor shows first, without reading weights. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { openModel } from '../../src/formats/open';
import { writeOnnx } from '../../src/formats/onnx/write';
import { GraphBuilder } from '../../src/graph/builder';
import { architectureView } from '../../src/graph/architecture';
import type { Initializer, ModelFile } from '../../src/graph/graph';
import { inferShapes } from '../../src/graph/inference/infer';
import { summarise } from '../../src/graph/summarise';
import { milliseconds, peakMegabytes } from './measure';

export interface StructureRow {
  readonly model: string;
  readonly fileMB: number;
  readonly nodes: number;
  readonly scanMs: number;
  readonly inferMs: number;
  readonly summariseMs: number;
  readonly architectureMs: number;
  readonly totalMs: number;
  /** Memory gained over the process before it opened anything. */
  readonly gainedMB: number;
}

/** Opens `file` as the editor does. `fileMB` counts its external data as well. */
export async function measureStructure(file: string, model: string, fileMB = fs.statSync(file).size / 2 ** 20): Promise<StructureRow> {
  const before = peakMegabytes();
  let opened: ModelFile | undefined;
  const scanMs = await milliseconds(async () => { opened = await openModel(file); });
  let inference: ReturnType<typeof inferShapes> | undefined;
  const inferMs = await milliseconds(async () => { inference = inferShapes(opened!); });
  const summariseMs = await milliseconds(async () => { summarise(opened!, inference!); });
  const architectureMs = await milliseconds(async () => { architectureView(opened!, inference!); });
  return {
    model, fileMB, nodes: opened!.graph.nodes.length, scanMs, inferMs, summariseMs, architectureMs,
    totalMs: scanMs + inferMs + summariseMs + architectureMs, gainedMB: peakMegabytes() - before,
  };
}

/** A model with 40 layers of 64 MB of external data: 2.5 GB, in a sparse file that takes no room on disk. */
export async function measureLargeExternal(): Promise<StructureRow> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-bench-'));
  try {
    const layers = 40, bytes = 4096 * 4096 * 4, data = path.join(folder, 'weights.bin'), file = path.join(folder, 'large.onnx');
    fs.closeSync(fs.openSync(data, 'w'));
    fs.truncateSync(data, layers * bytes);
    const b = new GraphBuilder(17, 'layer');
    const initializers = new Map<string, Initializer>();
    let value = 'x';
    for (let layer = 0; layer < layers; layer++) {
      initializers.set(`weight${layer}`, { kind: 'ref', ref: { file: data, offset: layer * bytes, length: bytes, dtype: 'float32', dims: [4096, 4096] } });
      value = b.op('Relu', [b.op('MatMul', [value, `weight${layer}`])]);
    }
    const type = { kind: 'tensor' as const, dtype: 'float32' as const, dims: ['batch', 4096] };
    const written = await writeOnnx({
      format: 'onnx', file, producer: 'bench', irVersion: 8, opsets: new Map([['', 17]]), metadata: new Map(), functions: [], warnings: [],
      graph: { name: 'large', inputs: [{ name: 'x', type }], outputs: [{ name: value, type }], nodes: b.nodes, initializers, valueInfo: new Map() },
    });
    fs.writeFileSync(file, written.bytes);
    return await measureStructure(file, '2.5 GB of external data (sparse)', (written.bytes.length + layers * bytes) / 2 ** 20);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
