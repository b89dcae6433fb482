/** Opens a model file of any format, told apart by content. */
import * as path from 'node:path';
import type { ModelFile } from '../graph/graph';
import { BadModelFile, shown } from './badModelFile';
import { FileSource } from './bytes';
import { scanOnnx } from './onnx/scan';
import { sniff } from './sniff';

/** How much of a JSON file is looked at to see what it is. */
const jsonHead = 64 * 1024;

/**
 * The model in `file`. Weights are not read.
 * @throws BadModelFile, with code 'unsupported' for Keras and TensorFlow.js files, whose readers are not part of this
 * version, and 'badFile' for everything that is damaged or no model.
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
      case 'json': {
        const head = new TextDecoder().decode(source.read(0, Math.min(source.size, jsonHead)));
        if (!/"(modelTopology|weightsManifest)"\s*:/.test(head)) {
          throw new BadModelFile(`${name} is a JSON file without "modelTopology" and "weightsManifest", so it is no TensorFlow.js model`);
        }
        throw new BadModelFile(`${name} is a TensorFlow.js model; the reader for TensorFlow.js models is not part of this version yet, only ONNX is`, 'unsupported');
      }
      default:
        return await scanOnnx(file, { source });
    }
  } finally {
    source.close();
  }
}
