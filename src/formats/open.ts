/** Opens a model file of any format, told apart by content. */
import type { ModelFile } from '../graph/graph';
import { FileSource } from './bytes';
import { openKerasH5 } from './keras/h5Model';
import { openKerasZip } from './keras/kerasZip';
import { scanOnnx } from './onnx/scan';
import { sniff } from './sniff';
import { openTfjs } from './tfjs/open';

/**
 * The model in `file`. Weights are not read.
 * @throws BadModelFile for everything that is damaged or no model.
 */
export async function openModel(file: string): Promise<ModelFile> {
  const source = new FileSource(file);
  try {
    const { kind } = sniff(source);
    switch (kind) {
      case 'hdf5':
        return openKerasH5(source);
      case 'zip':
        return openKerasZip(source);
      case 'json':
        return await openTfjs(file, source);
      default:
        return await scanOnnx(file, { source });
    }
  } finally {
    source.close();
  }
}
