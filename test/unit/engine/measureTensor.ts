/** Looks at one tensor in a process of its own and prints time and memory as JSON; then again, cancelled on the way. */
import { Models } from '../../../src/engine/models';
import { tensorDetails } from '../../../src/engine/jobs/tensorDetails';
import { peakBytes } from '../../peakMemory';

async function measure(file: string, id: string): Promise<void> {
  const engine = { models: new Models() };
  await engine.models.open(file);
  const before = process.memoryUsage.rss(), start = performance.now();
  let progress = 0;
  const { statistics } = await tensorDetails(engine, { file, id }, { signal: new AbortController().signal, progress: () => { progress++; } });
  const seconds = (performance.now() - start) / 1000, megabytes = (peakBytes() - before) / 2 ** 20;
  // Other bins are other figures: the tensor is read again, until somebody leaves.
  const leaving = new AbortController();
  let left = 0;
  const cancelled = await tensorDetails(engine, { file, id, bins: 7 }, { signal: leaving.signal, progress: ({ done, total }) => {
    if (left > 0 || done < total / 10) return;
    left = performance.now();
    leaving.abort();
  } }).then(() => NaN, () => performance.now() - left);
  process.stdout.write(JSON.stringify({ megabytes, seconds, progress, min: statistics!.min, max: statistics!.max, cancelled }));
}

void measure(process.argv[2]!, process.argv[3]!);
