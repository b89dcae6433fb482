/** Models made for tests in a real VS Code. */
import { writeOnnx } from '../../src/formats/onnx/write';
import type { Node, ValueInfo } from '../../src/graph/graph';

const value = (name: string): ValueInfo => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: [1, 8] } });

/** So many activations one after the other: nothing but structure to read. */
export async function longChain(count: number): Promise<Uint8Array> {
  const nodes = Array.from({ length: count }, (_, at): Node => ({ name: `relu_${at}`, opType: 'Relu', domain: '', inputs: [`v${at}`], outputs: [`v${at + 1}`], attributes: new Map() }));
  return (await writeOnnx({
    format: 'onnx', file: '', producer: 'model-lens tests', irVersion: 8, opsets: new Map([['', 17]]), metadata: new Map(), functions: [], warnings: [],
    graph: { name: 'chain', inputs: [value('v0')], outputs: [value(`v${count}`)], valueInfo: new Map(), initializers: new Map(), nodes },
  })).bytes;
}
