import type { Applicability, Method } from '../../methods/method';
import { methods } from '../../methods/registry';
import type { EngineRequests, MethodInfo } from '../../protocol/engine';
import { toWireError, type JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { sentence, situationOf, type Situation } from '../situation';

/** All methods; with a model, whether each applies to it and why not. */
export async function listMethods(engine: Engine, { model }: EngineRequests['methods']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<readonly MethodInfo[]> {
  const asked = model === undefined ? undefined : await situationOf(engine, model, signal);
  const infos: MethodInfo[] = [];
  for (const method of methods) infos.push(describe(method, asked ? await judge(method, asked) : { applies: true }));
  return infos;
}

async function judge(method: Method, { model, input, target, caution, obstacle }: Situation): Promise<Applicability> {
  if (!model || !input || !target) return { applies: false, reason: obstacle };
  const { kind } = input.spec;
  if (!method.kinds.includes(kind)) return { applies: false, reason: `${method.title} explains ${list(method.kinds)}; input '${input.name}' takes ${noun[kind]}.` };
  try {
    const verdict = await method.applies({ model, target, input: input.name, kind });
    return verdict.applies && caution !== undefined ? { ...verdict, reason: [verdict.reason, caution].filter((part) => part !== undefined).join(' ') } : verdict;
  } catch (error) {
    return { applies: false, reason: sentence(toWireError(error).message) };
  }
}

const noun = { image: 'a picture', table: 'a table row', text: 'a text', sound: 'a sound', tensor: 'a tensor' } as const;

function list(kinds: Method['kinds']): string {
  return kinds.map((kind) => noun[kind]).join(', ');
}

function describe(method: Method, { applies, reason }: Applicability): MethodInfo {
  const { id, title, question, group, source, hasLayer, hasMap = true, parameters, presets } = method;
  return { id, title, question, group, source, hasLayer, hasMap, parameters, presets, applies, ...(reason !== undefined && { reason }) };
}
