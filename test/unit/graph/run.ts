/** Runs models in ONNX Runtime for the tests of graph. */
import assert from 'node:assert/strict';
import * as ort from 'onnxruntime-node';
import type { ModelFile } from '../../../src/graph/graph';
import { writeOnnx } from '../../../src/formats/onnx/write';
import { float16ToNumber } from '../../../src/tensor/convert';
import type { Tensor } from '../../../src/tensor/tensor';

export type Feeds = Readonly<Record<string, Tensor>>;
export interface Result { readonly dtype: string; readonly dims: readonly number[]; readonly data: ArrayLike<number | bigint | string> }

const plain: ort.InferenceSession.SessionOptions = { graphOptimizationLevel: 'disabled', logSeverityLevel: 4, intraOpNumThreads: 1, interOpNumThreads: 1 };

function toOrt(tensor: Tensor): ort.Tensor {
  return new ort.Tensor(tensor.dtype as 'float32', tensor.data as Float32Array, [...tensor.dims]);
}

async function runSession(session: ort.InferenceSession, feeds: Feeds): Promise<Record<string, Result>> {
  try {
    const outputs = await session.run(Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)])));
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => {
      const { type, dims, data } = value as ort.Tensor;
      return [name, { dtype: type, dims: [...dims], data: data as Result['data'] }];
    }));
  } finally {
    await session.release();
  }
}

export async function runFile(file: string, feeds: Feeds): Promise<Record<string, Result>> {
  return runSession(await ort.InferenceSession.create(file, plain), feeds);
}

/** Writes the model and runs it, unoptimised. */
export async function runModel(model: ModelFile, feeds: Feeds): Promise<Record<string, Result>> {
  const { bytes, externalFolder } = await writeOnnx(model);
  const extra = externalFolder === undefined ? {} : { extra: { session: { model_external_initializers_file_folder_path: externalFolder } } };
  return runSession(await ort.InferenceSession.create(bytes, { ...plain, ...extra }), feeds);
}

/** Same outputs, dtypes and dims; numbers to `tolerance` of the largest magnitude. */
export function assertClose(got: Readonly<Record<string, Result>>, expected: Readonly<Record<string, Result>>, tolerance: number): void {
  assert.deepEqual(Object.keys(got).sort(), Object.keys(expected).sort());
  for (const [name, want] of Object.entries(expected)) {
    const have = got[name]!;
    assert.equal(have.dtype, want.dtype, name);
    assert.deepEqual(have.dims, want.dims, name);
    let largest = 0, difference = 0;
    const half = want.dtype === 'float16';
    const number = (item: number | bigint | string): number => half ? float16ToNumber(Number(item)) : Number(item);
    for (let at = 0; at < want.data.length; at++) {
      if (typeof want.data[at] === 'string') { assert.equal(have.data[at], want.data[at], name); continue; }
      largest = Math.max(largest, Math.abs(number(want.data[at]!)));
      difference = Math.max(difference, Math.abs(number(have.data[at]!) - number(want.data[at]!)));
    }
    // Half precision carries 11 bits.
    assert.ok(difference <= (half ? 2e-3 : tolerance) * Math.max(1, largest), `${name} differs by ${difference} of ${largest}`);
  }
}
