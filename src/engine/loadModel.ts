/** Which runtime runs a model: ONNX Runtime whatever it can, TensorFlow.js what of its own models ONNX cannot express. */
import type { ModelFile } from '../graph/graph';
import type { RuntimeChoice } from '../graph/summary';
import { LensError } from '../protocol/rpc';
import type { Engine } from './engine';
import type { LoadedModel } from './loadedModel';
import type { OpenedModel } from './models';
import { RuntimeModel, type RuntimeModelOptions } from './runtimeModel';
import { nativeInstalled } from './tfjs/load';
import { TfjsModel } from './tfjs/tfjsModel';

/**
 * @throws LensError 'unsupported' with the reason, for a model that can only be looked at.
 */
export async function loadModel(engine: Pick<Engine, 'sessions' | 'networks'>, opened: OpenedModel, options: Omit<RuntimeModelOptions, 'file' | 'identity' | 'sessions'>): Promise<LoadedModel> {
  const { runnable, identity } = opened;
  // The reader's guess about this runtime is answered here.
  const why = runnable.notRunnable?.replace(/; TensorFlow\.js may be able to$/, '');
  if (why === undefined) return new RuntimeModel({ ...options, file: runnable, identity, sessions: engine.sessions });
  if (!canFallBack(runnable)) throw new LensError('unsupported', `this model can be looked at, but not run: ${why}`);
  try {
    const network = await engine.networks.load(identity, runnable.file, why);
    const { id, version = '' } = network.runtime;
    const name = id === 'tfjs-node' ? `TensorFlow.js ${version} with its native library` : `TensorFlow.js ${version} in plain JavaScript, which is slow`;
    options.warn?.(`The model runs on ${name}, and has no gradients there. ${why}`);
    return new TfjsModel({ file: runnable, network, types: opened.inference.types, signal: options.signal, timings: options.timings });
  } catch (error) {
    throw error instanceof LensError && error.code === 'unsupported' ? new LensError('unsupported', `this model can be looked at, but not run: ${why}; ${error.message}`) : error;
  }
}

/** What would run a model, without loading a runtime; undefined where nothing can. */
export function runtimeFor(model: ModelFile): RuntimeChoice | undefined {
  if (model.notRunnable === undefined) return { id: 'onnxruntime' };
  return canFallBack(model) ? { id: nativeInstalled() ? 'tfjs-node' : 'tfjs', reason: model.notRunnable.replace(/; TensorFlow\.js may be able to$/, '') } : undefined;
}

/** TensorFlow.js needs a topology, which is what the graph's nodes were made from. */
function canFallBack(model: ModelFile): boolean {
  return model.format === 'tfjs' && model.graph.nodes.length > 0;
}
