/** TensorFlow.js' layers API: Keras' layers, with options in one object and names in camel case. */
import type { CallExpr } from './calls';
import { kerasAliases, kerasRules } from './keras';
import { inputTensor } from './kerasModels';
import { makeChain, makeGraph, makeLayer } from './make';
import type { Machine } from './machine';
import type { Given } from './tensorFunctions';
import { boolean, string, type Value } from './values';

/** 'conv2dtranspose' → 'Conv2DTranspose'. */
const names = new Map([...Object.keys(kerasRules).map((name) => [name, name] as const), ...Object.entries(kerasAliases)].map(([written, name]) => [written.toLowerCase(), name]));

export function tfjsCall(m: Machine, path: string, given: Given, expr: CallExpr): Value | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const [config] = given.values;
  const options = snakeCase(config);
  switch (path) {
    case 'sequential': {
      const layers = options.get('layers');
      const items = layers ? m.items(layers) : [];
      const chain = makeChain(m, 'tfjs', 'sequential', true, items ?? [], expr);
      if (!items) chain.uncertain = 'Its list of layers is not known here.';
      return chain;
    }
    case 'input': case 'layers.input': case 'layers.inputLayer': return inputTensor(m, 'tfjs', name, { values: [], named: options }, expr);
    case 'model': {
      const [inputs, outputs] = [options.get('inputs'), options.get('outputs')];
      return inputs && outputs ? makeGraph(m, 'tfjs', 'model', inputs, outputs, expr) : undefined;
    }
    default: break;
  }
  if (!path.startsWith('layers.')) return undefined;
  const found = names.get(name.toLowerCase());
  if (!found) return undefined;
  // TensorFlow.js has the GRU of before reset_after only.
  if (found === 'GRU' || found === 'GRUCell') options.set('reset_after', boolean(false));
  return makeLayer(m, 'tfjs', name, kerasRules[found]!, { values: [], named: options, open: config !== undefined && (config.t !== 'dict' || config.open === true) && config.t !== 'none' }, expr);
}

function snakeCase(config: Value | undefined): Map<string, Value> {
  if (config?.t !== 'dict') return new Map();
  return new Map([...config.entries].map(([key, value]) => {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [name, value.t === 'string' && name === 'data_format' ? string(value.value === 'channelsFirst' ? 'channels_first' : 'channels_last') : value];
  }));
}
