/** Opens a model file of any format, told apart by content. */
import * as path from 'node:path';
import type { ModelFile } from '../graph/graph';
import { BadModelFile, shown } from './badModelFile';
import { FileSource } from './bytes';
import { scanOnnx } from './onnx/scan';
import { sniff } from './sniff';
import { openTfjs } from './tfjs/open';

/**
 * The model in `file`. Weights are not read.
 * @throws BadModelFile, with code 'unsupported' for Keras files, whose reader is not part of this version, and 'badFile' for everything that is damaged or no model.
 */
export async function openModel(file: string): Promise<ModelFile> {
  const source = new FileSource(file);
  try {
    const name = shown(path.basename(file));
    const { kind } = sniff(source);
    switch (kind) {
      case 'hdf5':
        throw new BadModelFile(`${name} is an HDF5 file (Keras .h5); the reader for Keras models is not part of this version yet, only ONNX is`, 'unsupported');
      case 'zip':
        throw new BadModelFile(`${name} is a zip archive (as Keras .keras files are); the reader for Keras models is not part of this version yet, only ONNX is`, 'unsupported');
      case 'json':
        return await openTfjs(file, source);
      default:
        return await scanOnnx(file, { source });
    }
  } finally {
    source.close();
  }
}
