import type { ModelOutline } from '../../protocol/code';
import type { EngineRequests } from '../../protocol/engine';
import type { Engine } from '../engine';
import { summaryOf } from '../nameIndex';

/** A model in a few lines. Reads its structure, never its weights. */
export async function outline(engine: Engine, { file }: EngineRequests['outline']['params']): Promise<ModelOutline> {
  const model = await engine.models.open(file);
  const { format, producer, inputs, outputs, totals, warnings, notRunnable } = await summaryOf(model);
  return {
    file: model.file.file, bytes: model.bytes, format, producer, inputs, outputs, layers: totals.layers, parameters: totals.parameters, macs: totals.macs,
    warnings: notRunnable === undefined ? warnings : [notRunnable, ...warnings],
  };
}
