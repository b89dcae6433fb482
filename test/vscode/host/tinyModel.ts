/** A picture classifier of four nodes, as the bytes of an ONNX file. */
import { writeOnnx } from '../../../src/formats/onnx/write';
import type { Attribute, Initializer, ModelFile, Node, ValueInfo } from '../../../src/graph/graph';

const value = (name: string, dims: readonly number[]): ValueInfo => ({ name, type: { kind: 'tensor', dtype: 'float32', dims } });
const node = (name: string, opType: string, inputs: string[], output: string, attributes: [string, Attribute][] = []): Node =>
  ({ name, opType, domain: '', inputs, outputs: [output], attributes: new Map(attributes) });

function weights(dims: readonly number[]): Initializer {
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, index) => Math.sin(index));
  return { kind: 'inline', dtype: 'float32', dims, bytes: new Uint8Array(values.buffer) };
}

/** Conv 3×3 (3 → 4 channels), Relu, GlobalAveragePool, Flatten; a picture of 16×16. */
export async function tinyModel(): Promise<Uint8Array> {
  const model: ModelFile = {
    format: 'onnx', file: '', producer: 'model-lens tests', irVersion: 8, opsets: new Map([['', 17]]), metadata: new Map(), functions: [], warnings: [],
    graph: {
      name: 'tiny', inputs: [value('picture', [1, 3, 16, 16])], outputs: [value('scores', [1, 4])], valueInfo: new Map(),
      initializers: new Map([['w', weights([4, 3, 3, 3])], ['b', weights([4])]]),
      nodes: [
        node('conv', 'Conv', ['picture', 'w', 'b'], 'features', [['pads', { kind: 'ints', value: [1n, 1n, 1n, 1n] }]]),
        node('relu', 'Relu', ['features'], 'active'),
        node('pool', 'GlobalAveragePool', ['active'], 'pooled'),
        node('flatten', 'Flatten', ['pooled'], 'scores'),
      ],
    },
  };
  return (await writeOnnx(model)).bytes;
}
