import { resolvePreprocessing } from '../../data/preprocessing';
import type { ResolvedInput } from '../../data/spec';
import { readInitializer } from '../../formats/readTensor';
import type { Applicability, Method } from '../../methods/method';
import { methods } from '../../methods/registry';
import type { EngineRequests, MethodInfo } from '../../protocol/engine';
import { toWireError, type JobContext } from '../../protocol/rpc';
import { isFloat } from '../../tensor/dtype';
import { chooseOutput } from '../classes';
import type { Engine } from '../engine';
import type { LoadedModel } from '../loadedModel';
import { loadModel } from '../loadModel';
import { sampleDimsOf } from '../sampleDims';
import type { Target } from '../../methods/model';

/** All methods; with a model, whether each applies to it and why not. */
export async function listMethods(engine: Engine, { model }: EngineRequests['methods']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<readonly MethodInfo[]> {
  const asked = model === undefined ? undefined : await situation(engine, model, signal);
  const infos: MethodInfo[] = [];
  for (const method of methods) infos.push(describe(method, asked ? await judge(method, asked) : { applies: true }));
  return infos;
}

interface Situation {
  readonly model?: LoadedModel;
  readonly input?: ResolvedInput;
  readonly target?: Target;
  /** Why no method can be asked. */
  readonly obstacle?: string;
}

/** The model as it would be explained with default choices. */
async function situation(engine: Engine, file: string, signal: AbortSignal): Promise<Situation> {
  const opened = await engine.models.open(file);
  const resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer });
  const input = resolved.inputs.find((candidate) => candidate.spec.kind === 'image') ?? resolved.inputs.find((candidate) => isFloat(candidate.dtype)) ?? resolved.inputs[0];
  if (!input) return { obstacle: 'The model has no inputs.' };
  const sampleDims = Object.fromEntries(resolved.inputs.map((candidate) => [candidate.name, sampleDimsOf(candidate)]));
  try {
    const model = await loadModel(engine, opened, { device: 'cpu', signal, sampleDims });
    const output = chooseOutput(model, resolved, opened.labels);
    return { model, input, target: { output: output.port.name, index: 0, space: 'logit' } };
  } catch (error) {
    return { obstacle: sentence(toWireError(error).message) };
  }
}

async function judge(method: Method, { model, input, target, obstacle }: Situation): Promise<Applicability> {
  if (!model || !input || !target) return { applies: false, reason: obstacle };
  const { kind } = input.spec;
  if (!method.kinds.includes(kind)) return { applies: false, reason: `${method.title} explains ${list(method.kinds)}; input '${input.name}' takes ${noun[kind]}.` };
  try {
    return await method.applies({ model, target, input: input.name, kind });
  } catch (error) {
    return { applies: false, reason: sentence(toWireError(error).message) };
  }
}

const noun = { image: 'a picture', table: 'a table row', text: 'a text', sound: 'a sound', tensor: 'a tensor' } as const;

function list(kinds: Method['kinds']): string {
  return kinds.map((kind) => noun[kind]).join(', ');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

function describe(method: Method, { applies, reason }: Applicability): MethodInfo {
  const { id, title, question, group, source, hasLayer, hasMap = true, parameters, presets } = method;
  return { id, title, question, group, source, hasLayer, hasMap, parameters, presets, applies, ...(reason !== undefined && { reason }) };
}
