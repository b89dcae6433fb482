import { analyse } from '../../code/analyse';
import type { EngineRequests } from '../../protocol/engine';

/** What a source text says about models. */
export async function analyseSource({ language, text }: EngineRequests['analyseSource']['params']): Promise<EngineRequests['analyseSource']['result']> {
  return analyse(language, text);
}
