/** The files a model's bytes come from, and what they are recognised by from one run of the program to the next. */
import { stat } from 'node:fs/promises';
import { forEachTensor } from '../formats/onnx/write';
import type { ModelFile } from '../graph/graph';

/** A model of more files than this is not looked at before every run. */
const mostFiles = 64;

/**
 * Path, size, number and times of every file the model's weights lie in, the time a file was last changed in any way
 * among them: that one cannot be set back, so a file that was written over is another file, whatever its dates say.
 * Undefined where the files are not all known.
 */
export async function filesIdentity(model: ModelFile): Promise<string | undefined> {
  const files = filesOf(model);
  if (!files) return undefined;
  const parts: (string | number)[] = [];
  for (const file of files) {
    try {
      const { size, mtimeMs, ctimeMs, ino } = await stat(file);
      parts.push(file, size, mtimeMs, ctimeMs, ino);
    } catch {
      return undefined;
    }
  }
  return JSON.stringify(parts);
}

const known = new WeakMap<ModelFile, readonly string[] | undefined>();

function filesOf(model: ModelFile): readonly string[] | undefined {
  if (known.has(model)) return known.get(model);
  const files = new Set([model.file]);
  let complete = true;
  forEachTensor(model, (init) => {
    if (init.kind === 'ref') files.add(init.ref.file);
    // Weights split over a TensorFlow.js model's shards do not tell which.
    if (init.kind === 'missing' || (init.kind === 'deferred' && model.format === 'tfjs')) complete = false;
  });
  const found = complete && files.size <= mostFiles ? [...files].sort() : undefined;
  known.set(model, found);
  return found;
}
