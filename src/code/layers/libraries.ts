/** Names as they are imported and written → the one name under which the rules know a thing. */
import { kerasRule } from './keras';
import { torchRule } from './torch';
import { library, type Value } from './values';

/** 'tensorflow.python.keras.layers.core.Dense' → 'keras.layers.Dense'. */
export function canonical(path: string): string {
  const script = /^@tensorflow\/tfjs(?:-[\w-]+)?(?:\.(.*))?$/.exec(path);
  if (script) return script[1] ? `tfjs.${script[1]}` : 'tfjs';
  const keras = path.replace(/^tf_keras(?=\.|$)/, 'keras').replace(/^tensorflow\.(?:(?:python|compat\.v[12])\.)?keras(?=\.|$)/, 'keras').replace(/^tensorflow\.contrib\.keras(?:\.api)?/, 'keras').replace(/^keras\.(?:src|api|_tf_keras\.keras|engine)(?=\.)/, 'keras');
  if (keras.startsWith('keras.')) {
    const last = keras.slice(keras.lastIndexOf('.') + 1);
    if (/^keras\.layers\./.test(keras)) return `keras.layers.${last}`;
    if (last === 'Sequential' || last === 'Model' || last === 'Functional' || last === 'Input') return `keras.${last === 'Functional' ? 'Model' : last}`;
    return keras;
  }
  const torch = /^torch\.nn\.modules\.(?:\w+\.)?(\w+)$/.exec(path);
  return torch ? `torch.nn.${torch[1]}` : keras;
}

const frameworks = /^(?:keras|tf_keras|tensorflow|torch|torchsummary|torchinfo|torchvision|math|numpy|functools|collections|copy|einops|@tensorflow\/tfjs(?:-[\w-]+)?)(?:\.|$)/;
export const isFramework = (path: string): boolean => frameworks.test(path);

/** What a cell of a notebook means, whose imports stand in another: names that everybody uses for one thing. */
const customary: Readonly<Record<string, string>> = { nn: 'torch.nn', F: 'torch.nn.functional', torch: 'torch', tf: 'tensorflow', keras: 'keras', layers: 'keras.layers', models: 'keras.models', np: 'numpy', math: 'math', Sequential: 'keras.Sequential', Model: 'keras.Model', Input: 'keras.Input', summary: 'torchinfo.summary' };
const builtins = new Set(['len', 'range', 'enumerate', 'zip', 'reversed', 'sorted', 'int', 'float', 'round', 'max', 'min', 'abs', 'sum', 'list', 'tuple', 'dict', 'set', 'isinstance', 'super', 'setattr', 'getattr', 'hasattr', 'print', 'str', 'bool', 'map', 'divmod', 'pow', 'any', 'all', 'type', 'next', 'iter']);

/** A name that the file does not bind. `usesTorch`: the file imports PyTorch, so Keras is not guessed. */
export function unbound(name: string, script: boolean, usesTorch: boolean): Value | undefined {
  if (script) {
    if (name === 'tf') return library('tfjs');
    return name === 'Math' || name === 'Array' || name === 'Number' || name === 'Object' || name === 'console' || name === 'require' ? library(`script.${name}`) : undefined;
  }
  if (builtins.has(name)) return library(`builtins.${name}`);
  if (Object.hasOwn(customary, name) && !(usesTorch && customary[name]!.startsWith('keras'))) return library(customary[name]!);
  if (!usesTorch && kerasRule(name) && /^[A-Z]/.test(name)) return library(`keras.layers.${name}`);
  return undefined;
}

/** Whether `from path import *` brings this name. */
export function exported(path: string, name: string): boolean {
  const full = canonical(`${path}.${name}`);
  if (full.startsWith('keras.layers.')) return kerasRule(name) !== undefined || ['Input', 'InputLayer', 'add', 'concatenate', 'multiply', 'average', 'maximum', 'minimum', 'subtract', 'dot'].includes(name);
  if (full === 'keras.Sequential' || full === 'keras.Model' || full === 'keras.Input') return true;
  return full.startsWith('torch.nn.') && (torchRule(name) !== undefined || ['Module', 'Sequential', 'ModuleList', 'ModuleDict', 'Parameter', 'functional'].includes(name));
}
