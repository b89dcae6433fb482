/** All TensorFlow ops that have an equivalent in ONNX, by name. Control flow is in controlFlow.ts. */
import type { OpTranslator } from '../op';
import { convolution } from './convolution';
import { elementwise } from './elementwise';
import { linear } from './linear';
import { pooling } from './pooling';
import { shape } from './shape';
import { slicing } from './slicing';

const table: ReadonlyMap<string, OpTranslator> = new Map(Object.entries({ ...elementwise, ...convolution, ...pooling, ...linear, ...shape, ...slicing }));

export function translatorFor(op: string): OpTranslator | undefined {
  return table.get(op);
}

/** Names of all ops in the tables. */
export const translatedOps: readonly string[] = [...table.keys()];
