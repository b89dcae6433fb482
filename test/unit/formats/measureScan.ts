/** Scans one model in a process of its own and prints time and memory as JSON. */
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { peakBytes } from '../../peakMemory';

export interface Measured {
  readonly nodes: number;
  readonly milliseconds: number;
  readonly megabytes: number;
}

const before = process.memoryUsage.rss();
const start = performance.now();
void scanOnnx(process.argv[2]!).then((model) => {
  const milliseconds = performance.now() - start;
  const measured: Measured = { nodes: model.graph.nodes.length, milliseconds, megabytes: (peakBytes() - before) / 2 ** 20 };
  process.stdout.write(JSON.stringify(measured));
});
