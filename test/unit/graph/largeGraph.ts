/** A model of any number of nodes without names or blocks to hold on to: the worst a viewer can be given. */
import fs from 'node:fs';
import { writeOnnxStandalone } from '../../../src/formats/onnx/write';
import { GraphBuilder } from '../../../src/graph/builder';
import type { ModelFile } from '../../../src/graph/graph';

const unary = ['Relu', 'Sigmoid', 'Tanh', 'Softplus', 'Elu', 'Exp', 'Abs', 'Neg'], binary = ['Add', 'Mul', 'Sub', 'Max'];

/** A chain with skip connections, some of them long, of pseudo-random operators. */
export function largeGraph(nodes: number, seed = 1): ModelFile {
  const random = (below: number): number => (seed = (seed * 48271) % 0x7fffffff) % below;
  const b = new GraphBuilder(17, 'n');
  const values = ['x'];
  for (let node = 0; node < nodes; node++) {
    const last = values.at(-1)!, back = random(50) === 0 ? random(2000) : random(12);
    const name = random(3) === 0 ? b.op(binary[random(binary.length)]!, [last, values[Math.max(0, values.length - 1 - back)]!]) : b.op(unary[random(unary.length)]!, [last]);
    values.push(name);
  }
  const type = { kind: 'tensor' as const, dtype: 'float32' as const, dims: ['batch', 64] };
  return {
    format: 'onnx', file: '', producer: 'test', irVersion: 8, opsets: new Map([['', 17]]), metadata: new Map(), functions: [], warnings: [],
    graph: { name: 'large', inputs: [{ name: 'x', type }], outputs: [{ name: values.at(-1)!, type }], nodes: b.nodes, initializers: b.initializers, valueInfo: new Map() },
  };
}

export async function writeLargeGraph(file: string, nodes: number): Promise<void> {
  fs.writeFileSync(file, await writeOnnxStandalone(largeGraph(nodes)));
}
