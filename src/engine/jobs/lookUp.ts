import type { EngineRequests } from '../../protocol/engine';
import type { Engine } from '../engine';
import { nameIndex } from '../nameIndex';

/** What carries a name in a model, or the names nearest to it. */
export async function lookUp(engine: Engine, { file, name, kind }: EngineRequests['lookUp']['params']): Promise<EngineRequests['lookUp']['result']> {
  const index = await nameIndex(await engine.models.open(file));
  const things = index.lookUp(name, kind);
  return { things, similar: things.length ? [] : index.similar(name, kind) };
}
