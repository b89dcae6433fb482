/** Runs a small ONNX model. */
import * as ort from 'onnxruntime-node';
import type { Graph } from '../../../../src/graph/graph';
import type { Values } from './recurrentSupport';

export async function loadGraph(bytes: Uint8Array, graph: Graph, inputs: readonly Values[]): Promise<Values[]> {
  // The runtime's optimiser puts a Pad into the pool behind it even where the pool then refuses its pads; as in the
  // engine, such a model is loaded as it is.
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 })
    .catch(() => ort.InferenceSession.create(bytes, { logSeverityLevel: 4, graphOptimizationLevel: 'disabled' }));
  try {
    const feeds = Object.fromEntries(inputs.map(({ dims, data }, index) => {
      const { name, type } = graph.inputs[index]!;
      const int = type.kind === 'tensor' && (type.dtype === 'int32' || type.dtype === 'int64');
      if (!int) return [name, new ort.Tensor('float32', Float32Array.from(data), [...dims])];
      return [name, type.dtype === 'int64' ? new ort.Tensor('int64', BigInt64Array.from(data, BigInt), [...dims]) : new ort.Tensor('int32', Int32Array.from(data), [...dims])];
    }));
    const results = await session.run(feeds);
    return graph.outputs.map(({ name }) => {
      const tensor = results[name]!;
      return { dims: [...tensor.dims], data: Float32Array.from(tensor.data as Float32Array, Number) };
    });
  } finally {
    await session.release();
  }
}
