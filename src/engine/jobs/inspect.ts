import { architectureView } from '../../graph/architecture';
import { summarise } from '../../graph/summarise';
import type { EngineRequests, InspectResult } from '../../protocol/engine';
import { watched } from '../../protocol/parseWatch';
import type { Engine } from '../engine';
import { runtimeFor } from '../loadModel';

/** What is inside a model file. Reads its structure, never its weights. */
export async function inspect(engine: Engine, { file }: EngineRequests['inspect']['params']): Promise<InspectResult> {
  const { file: model, inference, bytes } = await engine.models.open(file);
  const runtime = runtimeFor(model);
  return watched(model.file, bytes, async () => {
    const summary = summarise(model, inference);
    return { summary: { ...summary, ...(runtime && { runtime }) }, architecture: architectureView(model, inference, summary.layers), file: { path: model.file, bytes } };
  });
}
