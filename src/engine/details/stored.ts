/** Stored tensors as a list of details shows them. */
import path from 'node:path';
import { initializerType, type Initializer } from '../../graph/graph';
import type { TensorSource } from '../../graph/storedTensors';
import type { StoredTensor } from '../../protocol/details';
import { byteLength } from '../../tensor/dtype';
import { elementCount } from '../../tensor/tensor';

/** @param modelFile of which file names are told from its folder. */
export function storedTensor({ id, name, role, init }: TensorSource, modelFile: string): StoredTensor {
  const { dtype, dims } = initializerType(init);
  const bytes = init.kind === 'strings' ? init.strings.reduce((sum, text) => sum + Buffer.byteLength(text), 0) : byteLength(dtype, elementCount(dims));
  return { id, name, role, dtype, dims, bytes, place: placeOf(init, modelFile), readable: init.kind !== 'missing' };
}

function placeOf(init: Initializer, modelFile: string): string {
  switch (init.kind) {
    case 'ref': return `${path.relative(path.dirname(modelFile), init.ref.file) || path.basename(init.ref.file)}, at byte ${init.ref.offset}`;
    case 'deferred': return 'in the file, packed: it is unpacked when it is read';
    case 'missing': return `cannot be read: ${init.reason}`;
    default: return 'in the graph';
  }
}
