/** A vision transformer of ViT-B/16's structure (Dosovitskiy 2021, arXiv 2010.11929), as torch exports it, with random weights. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeOnnx } from '../../src/formats/onnx/write';
import { GraphBuilder } from '../../src/graph/builder';
import type { Initializer } from '../../src/graph/graph';
import { Random } from '../../src/tensor/random';

const width = 768, heads = 12, blocks = 12, hidden = 4 * width, side = 14, tokens = side * side + 1, classes = 1000;

/**
 * Writes the model and its weights into `folder`. All weights lie at the start of one file of the largest one's size:
 * 86 million parameters cost 9 MB on disk, and time is the same whatever the numbers are.
 */
export async function writeVisionTransformer(folder: string): Promise<string> {
  const data = path.join(folder, 'vit.bin'), file = path.join(folder, 'vit_b16.onnx'), random = new Random(1);
  fs.writeFileSync(data, new Uint8Array(Float32Array.from({ length: width * hidden }, () => 0.02 * random.normal()).buffer));
  const b = new GraphBuilder(17, 'vit/'), initializers = new Map<string, Initializer>();
  const weight = (...dims: number[]): string => {
    const name = b.fresh('weight'), length = dims.reduce((product, dim) => product * dim, 4);
    initializers.set(name, { kind: 'ref', ref: { file: data, offset: 0, length, dtype: 'float32', dims } });
    return name;
  };
  const number = (value: number): string => b.constant(value, 'float32');
  const linear = (x: string, from: number, to: number): string => b.op('Add', [weight(to), b.op('MatMul', [x, weight(from, to)])]);
  const normalised = (x: string): string => b.op('LayerNormalization', [x, weight(width), weight(width)], { axis: -1, epsilon: { float: 1e-6 } });
  const gelu = (x: string): string => b.op('Mul', [b.op('Mul', [x, b.op('Add', [b.op('Erf', [b.op('Div', [x, number(Math.SQRT2)])]), number(1)])]), number(0.5)]);
  const asHeads = (x: string): string => b.transpose(b.reshape(x, [-1, tokens, heads, width / heads]), [0, 2, 1, 3]);

  const patches = b.op('Conv', ['picture', weight(width, 3, 16, 16), weight(width)], { kernel_shape: [16, 16], strides: [16, 16] });
  const rows = b.transpose(b.reshape(patches, [0, width, side * side]), [0, 2, 1]);
  const batch = b.op('Gather', [b.op('Shape', [rows]), b.constant(0, 'int64')], { axis: 0 });
  const own = b.op('Expand', [weight(1, 1, width), b.concat([b.unsqueeze(batch, [0]), b.int64s([1, width])], 0)]);
  let x = b.op('Add', [b.concat([own, rows], 1), weight(1, tokens, width)]);
  for (let block = 0; block < blocks; block++) {
    const n = normalised(x);
    const [q, k, v] = [0, 1, 2].map(() => asHeads(linear(n, width, width))) as [string, string, string];
    const scores = b.op('Mul', [b.op('MatMul', [q, b.transpose(k, [0, 1, 3, 2])]), number(1 / Math.sqrt(width / heads))]);
    const mixed = b.reshape(b.transpose(b.op('MatMul', [b.op('Softmax', [scores], { axis: -1 }), v]), [0, 2, 1, 3]), [-1, tokens, width]);
    x = b.op('Add', [x, linear(mixed, width, width)]);
    x = b.op('Add', [x, linear(gelu(linear(normalised(x), width, hidden)), hidden, width)]);
  }
  const y = b.op('Gemm', [b.op('Gather', [normalised(x), b.constant(0, 'int64')], { axis: 1 }), weight(width, classes), weight(classes)]);
  const { bytes } = await writeOnnx({
    format: 'onnx', file, producer: 'bench', irVersion: 8, opsets: new Map([['', 17]]), metadata: new Map(), functions: [], warnings: [],
    graph: {
      name: 'vit', nodes: b.nodes, initializers: new Map([...initializers, ...b.initializers]), valueInfo: new Map(),
      inputs: [{ name: 'picture', type: { kind: 'tensor', dtype: 'float32', dims: ['batch', 3, 224, 224] } }], outputs: [{ name: y, type: { kind: 'tensor', dtype: 'float32', dims: ['batch', classes] } }],
    },
  });
  fs.writeFileSync(file, bytes);
  return file;
}
