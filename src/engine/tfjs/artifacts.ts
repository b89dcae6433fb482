/** A TensorFlow.js model on disk as TensorFlow.js itself takes it: topology and weights in memory. */
import * as path from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { FileSource } from '../../formats/bytes';
import { readModelJson, type ModelJson } from '../../formats/tfjs/modelJson';
import { Shards } from '../../formats/tfjs/shards';
import { LensError } from '../../protocol/rpc';

/** Weights are held in memory twice for a moment; larger models are not meant for this runtime. */
const maximumBytes = 2 ** 30;

/**
 * @throws BadModelFile for a damaged model.json; LensError where the file has no topology or its weights are missing.
 * Only plain paths inside the model's folder are opened.
 */
export function readArtifacts(file: string): { readonly json: ModelJson; readonly artifacts: io.ModelArtifacts } {
  const source = new FileSource(file);
  let json: ModelJson;
  try {
    json = readModelJson(source);
  } finally {
    source.close();
  }
  if (!json.topology) throw new LensError('unsupported', `${path.basename(file)} holds no topology, only weights`);
  const groups = json.groups.map(({ paths }) => new Shards(path.dirname(file), paths));
  const problem = groups.find((shards) => shards.problem !== undefined)?.problem;
  if (problem !== undefined) throw new LensError('badFile', `${path.basename(file)}: ${problem}`);
  const total = groups.reduce((sum, { size }) => sum + size, 0);
  if (total > maximumBytes) throw new LensError('unsupported', `the weights are ${total} bytes, and TensorFlow.js takes at most ${maximumBytes} here`);
  const weightData = new Uint8Array(total);
  let at = 0;
  for (const shards of groups) {
    weightData.set(shards.read(0, shards.size), at);
    at += shards.size;
  }
  const raw = json.json as Partial<io.ModelJSON>;
  return {
    json,
    artifacts: {
      modelTopology: json.topology, weightData: weightData.buffer,
      weightSpecs: (raw.weightsManifest ?? []).flatMap(({ weights }) => weights),
      ...(raw.format !== undefined && { format: raw.format }),
      ...(raw.signature && { signature: raw.signature }),
      ...(raw.userDefinedMetadata && { userDefinedMetadata: raw.userDefinedMetadata }),
      ...(raw.modelInitializer && { modelInitializer: raw.modelInitializer }),
      ...(raw.initializerSignature && { initializerSignature: raw.initializerSignature }),
    },
  };
}
