import { resolvePreprocessing } from '../../data/preprocessing';
import { saveSidecarInputs } from '../../data/sidecarWriting';
import { readInitializer } from '../../formats/readTensor';
import type { EngineRequests } from '../../protocol/engine';
import { LensError } from '../../protocol/rpc';
import type { Engine } from '../engine';

/** Writes what somebody tried into the model's sidecar, once it is known to fit the model. */
export async function savePreprocessing(engine: Engine, { model, save }: EngineRequests['savePreprocessing']['params']): Promise<EngineRequests['savePreprocessing']['result']> {
  if (typeof save !== 'object' || save === null || Object.keys(save).length === 0) throw new LensError('badInput', 'save: found no input, expected at least one entry as in `inputs` of MODEL.lens.json');
  const opened = await engine.models.open(model);
  return saveSidecarInputs(opened.file.file, save, async () => {
    await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer, tried: save });
  });
}
