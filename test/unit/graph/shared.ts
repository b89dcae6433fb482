/** Where shared test data lies, and how the tests of graph open models. */
import fs from 'node:fs';
import path from 'node:path';
import type { ModelFile } from '../../../src/graph/graph';
import type { ConstantReader } from '../../../src/graph/inference/infer';
import { scanOnnx } from '../../../src/formats/onnx/scan';

export const sharedFolder = process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared');

/** Skips the test, saying so, when the shared data is not there. */
export function skipWithoutShared(test: Mocha.Context, folder: string): void {
  if (fs.existsSync(folder)) return;
  console.log(`      skipped: ${folder} does not exist`);
  test.skip();
}

const opened = new Map<string, Promise<{ model: ModelFile; reader: ConstantReader }>>();

/** A scanned model with the reader inference wants. Each file is opened once. */
export function openForInference(file: string): Promise<{ model: ModelFile; reader: ConstantReader }> {
  let entry = opened.get(file);
  if (entry === undefined) {
    entry = scanOnnx(file).then((model) => ({ model, reader: () => undefined }));
    opened.set(file, entry);
  }
  return entry;
}
