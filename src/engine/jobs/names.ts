import type { EngineRequests } from '../../protocol/engine';
import type { Engine } from '../engine';
import { nameIndex } from '../nameIndex';

/** Names of a model for completion. */
export async function names(engine: Engine, { file, part, limit, kind }: EngineRequests['names']['params']): Promise<EngineRequests['names']['result']> {
  return (await nameIndex(await engine.models.open(file))).search(part, limit, kind);
}
