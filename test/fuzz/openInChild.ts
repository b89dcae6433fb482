/**
 * The process in which damaged files are opened. For each path it receives it answers how opening, rewriting and
 * reading the small weights went, which files were opened, and the most memory used so far.
 */
import * as nodeModule from 'node:module';
import { openModel } from '../../src/formats/open';
import { writeOnnx } from '../../src/formats/onnx/write';
import { readInitializer } from '../../src/formats/readTensor';
import { initializerType } from '../../src/graph/graph';
import { elementCount } from '../../src/tensor/tensor';
import { peakBytes } from '../peakMemory';

export interface Outcome {
  readonly file: string;
  /** Name and message of every error that was thrown, by step. */
  readonly errors: readonly { readonly step: string; readonly name: string; readonly message: string }[];
  readonly warnings: readonly string[];
  readonly opened: readonly string[];
  readonly milliseconds: number;
  readonly peakMegabytes: number;
}

let opened: string[] = [];

/** Notes every path that is opened through Node's fs, by whatever function. */
function watch(target: Record<string, unknown>, names: readonly string[]): void {
  for (const name of names) {
    const original = target[name] as (...args: unknown[]) => unknown;
    target[name] = (...args: unknown[]) => {
      opened.push(String(args[0]));
      return original.apply(target, args);
    };
  }
}

// What tsx loads later is part of the machinery, so everything was imported before the watch begins.
const load = nodeModule.createRequire(__filename);
watch(load('node:fs') as Record<string, unknown>, ['open', 'openSync', 'readFile', 'readFileSync', 'createReadStream']);
watch(load('node:fs/promises') as Record<string, unknown>, ['open', 'readFile']);

async function examine(file: string): Promise<Outcome> {
  opened = [];
  const errors: { step: string; name: string; message: string }[] = [];
  let warnings: readonly string[] = [];
  const attempt = async (step: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      const { name, message } = error as Error;
      errors.push({ step, name, message });
    }
  };
  const start = performance.now();
  await attempt('open', async () => {
    const model = await openModel(file);
    warnings = model.warnings;
    await attempt('write', async () => { await writeOnnx(model); });
    for (const init of model.graph.initializers.values()) {
      if (elementCount(initializerType(init).dims) < 1e6) await attempt('read', async () => { await readInitializer(init); });
    }
  });
  return { file, errors, warnings, opened: [...opened], milliseconds: performance.now() - start, peakMegabytes: peakBytes() / 2 ** 20 };
}

process.on('message', (file: string) => { void examine(file).then((outcome) => process.send!(outcome)); });
process.send!('ready');
