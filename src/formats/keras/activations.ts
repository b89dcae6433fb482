/** Keras' activation functions by name. */
import type { Flow, Emitter } from '../translate/emitter';
import { field, isObject } from './config';
import { NotTranslatable, type KerasAge } from './layer';

/** Parameters an activation may carry: from a layer's config or a call. */
export type ActivationParameters = Readonly<Record<string, number | boolean | undefined>>;

type Activation = (e: Emitter, x: Flow, parameters: ActivationParameters, age: KerasAge) => Flow;

const scalar = (e: Emitter, value: number): string => e.constant(value, 'float32');

const number = (parameters: ActivationParameters, name: string, fallback: number): number => {
  const value = parameters[name];
  return typeof value === 'number' ? value : fallback;
};

/** x · f(x). */
function gated(e: Emitter, x: Flow, gate: Flow): Flow {
  return e.elementwise('Mul', x, {}, gate.value);
}

/**
 * max_value, negative_slope and threshold of Keras' ReLU layer:
 * min(x, max) where x ≥ threshold, negative_slope · (x − threshold) below it.
 */
export function relu(e: Emitter, x: Flow, parameters: ActivationParameters): Flow {
  const maxValue = number(parameters, 'max_value', Infinity), slope = number(parameters, 'negative_slope', 0), threshold = number(parameters, 'threshold', 0);
  const capped = (flow: Flow): Flow => (maxValue === Infinity ? flow : e.elementwise('Min', flow, {}, scalar(e, maxValue)));
  if (threshold === 0) {
    if (slope !== 0) return capped(e.elementwise('LeakyRelu', x, { alpha: { float: slope } }));
    return maxValue === Infinity ? e.elementwise('Relu', x) : e.elementwise('Clip', x, {}, scalar(e, 0), scalar(e, maxValue));
  }
  const above = e.op('GreaterOrEqual', [x.value, scalar(e, threshold)]);
  const below = slope === 0 ? scalar(e, 0) : e.op('Mul', [e.op('Sub', [x.value, scalar(e, threshold)]), scalar(e, slope)]);
  return { value: e.op('Where', [above, capped(x).value, below]), stored: x.stored };
}

/** Softmax along an axis of the framework's own order; storage stays. */
export function softmax(e: Emitter, x: Flow, axis = -1, opType: 'Softmax' | 'LogSoftmax' = 'Softmax'): Flow {
  return e.elementwise(opType, x, { axis: e.storedAxis(x, axis) });
}

/** 0.5 · x · (1 + erf(x / √2)), or its tanh approximation. */
function gelu(e: Emitter, x: Flow, approximate: boolean): Flow {
  const inner = approximate
    // tanh(√(2/π) · (x + 0.044715 x³))
    ? e.elementwise('Tanh', e.elementwise('Mul', e.elementwise('Add', x, {}, e.op('Mul', [e.op('Mul', [e.op('Mul', [x.value, x.value]), x.value]), scalar(e, 0.044715)])), {}, scalar(e, Math.sqrt(2 / Math.PI))))
    : e.elementwise('Erf', e.elementwise('Mul', x, {}, scalar(e, Math.SQRT1_2)));
  return e.elementwise('Mul', e.elementwise('Mul', x, {}, e.op('Add', [inner.value, scalar(e, 1)])), {}, scalar(e, 0.5));
}

const hardSigmoid: Activation = (e, x, _, age) =>
  // Keras 3: relu6(x + 3) / 6; before: clip(0.2 x + 0.5, 0, 1).
  e.elementwise('HardSigmoid', x, { alpha: { float: age >= 3 ? 1 / 6 : 0.2 }, beta: { float: 0.5 } });

/** 1 where x lies beyond ±threshold, else 0, times x. */
function shrink(e: Emitter, x: Flow, threshold: number): Flow {
  const beyond = e.op('Greater', [e.op('Abs', [x.value]), scalar(e, threshold)]);
  return { value: e.op('Where', [beyond, x.value, scalar(e, 0)]), stored: x.stored };
}

const activations = new Map<string, Activation>(Object.entries({
  linear: (_, x) => x,
  relu: (e, x, parameters) => relu(e, x, parameters),
  relu6: (e, x) => relu(e, x, { max_value: 6 }),
  leaky_relu: (e, x, parameters) => e.elementwise('LeakyRelu', x, { alpha: { float: number(parameters, 'negative_slope', number(parameters, 'alpha', 0.2)) } }),
  elu: (e, x, parameters) => e.elementwise('Elu', x, { alpha: { float: number(parameters, 'alpha', 1) } }),
  selu: (e, x) => e.elementwise('Selu', x, { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } }),
  celu: (e, x, parameters) => e.elementwise('Celu', x, { alpha: { float: number(parameters, 'alpha', 1) } }),
  softplus: (e, x) => e.elementwise('Softplus', x),
  softsign: (e, x) => e.elementwise('Softsign', x),
  tanh: (e, x) => e.elementwise('Tanh', x),
  sigmoid: (e, x) => e.elementwise('Sigmoid', x),
  log_sigmoid: (e, x) => e.elementwise('Neg', e.elementwise('Softplus', e.elementwise('Neg', x))),
  hard_sigmoid: hardSigmoid,
  hard_tanh: (e, x) => e.elementwise('Clip', x, {}, scalar(e, -1), scalar(e, 1)),
  hard_silu: (e, x, parameters, age) => gated(e, x, hardSigmoid(e, x, parameters, Math.max(age, 3) as KerasAge)),
  exponential: (e, x) => e.elementwise('Exp', x),
  silu: (e, x) => gated(e, x, e.elementwise('Sigmoid', x)),
  gelu: (e, x, parameters) => gelu(e, x, parameters['approximate'] === true),
  mish: (e, x) => gated(e, x, e.elementwise('Tanh', e.elementwise('Softplus', x))),
  softmax: (e, x, parameters) => softmax(e, x, number(parameters, 'axis', -1)),
  log_softmax: (e, x, parameters) => softmax(e, x, number(parameters, 'axis', -1), 'LogSoftmax'),
  tanh_shrink: (e, x) => ({ value: e.op('Sub', [x.value, e.op('Tanh', [x.value])]), stored: x.stored }),
  hard_shrink: (e, x, parameters) => shrink(e, x, number(parameters, 'threshold', 0.5)),
  soft_shrink: (e, x, parameters) => {
    // sign(x) · max(|x| − threshold, 0)
    const size = e.op('Relu', [e.op('Sub', [e.op('Abs', [x.value]), scalar(e, number(parameters, 'threshold', 0.5))])]);
    return { value: e.op('Mul', [e.op('Sign', [x.value]), size]), stored: x.stored };
  },
  squareplus: (e, x, parameters) => {
    // (x + √(x² + b)) / 2
    const root = e.op('Sqrt', [e.op('Add', [e.op('Mul', [x.value, x.value]), scalar(e, number(parameters, 'b', 4))])]);
    return e.elementwise('Mul', e.elementwise('Add', x, {}, root), {}, scalar(e, 0.5));
  },
  sparse_plus: (e, x) => {
    // 0 below −1, (x + 1)² / 4 up to 1, x above
    const shifted = e.op('Add', [e.op('Clip', [x.value, scalar(e, -1), scalar(e, 1)]), scalar(e, 1)]);
    const middle = e.op('Mul', [e.op('Mul', [shifted, shifted]), scalar(e, 0.25)]);
    return { value: e.op('Add', [middle, e.op('Relu', [e.op('Sub', [x.value, scalar(e, 1)])])]), stored: x.stored };
  },
} satisfies Record<string, Activation>));

const aliases = new Map<string, string>([
  ['swish', 'silu'], ['hard_swish', 'hard_silu'], ['softmax_v2', 'softmax'], ['sigmoid_v2', 'sigmoid'], ['relu_v2', 'relu'], ['exp', 'exponential'],
  ['ReLU', 'relu'], ['LeakyReLU', 'leaky_relu'], ['ELU', 'elu'], ['Softmax', 'softmax'], ['Relu6', 'relu6'], ['Activation', 'linear'],
]);

/** Applies an activation as configs have it (see LayerContext.activation). */
export function applyActivation(e: Emitter, x: Flow, activation: unknown, age: KerasAge): Flow {
  if (activation === undefined || activation === null) return x;
  if (typeof activation === 'string') return named(e, x, activation, {}, age);
  if (isObject(activation)) {
    const type = field(activation, 'class_name'), config = field(activation, 'config'), registered = field(activation, 'registered_name');
    // A serialised function: {class_name: 'function', config: 'relu', registered_name: 'relu'}.
    if (type === 'function') return named(e, x, typeof config === 'string' ? config : String(registered), {}, age);
    if (type === 'Activation') return applyActivation(e, x, field(config, 'activation'), age);
    if (typeof type === 'string') return named(e, x, type, parametersOf(config), age);
  }
  throw new NotTranslatable('has an activation that is neither a name nor a layer');
}

function named(e: Emitter, x: Flow, name: string, parameters: ActivationParameters, age: KerasAge): Flow {
  const plain = name.slice(name.lastIndexOf('>') + 1);
  const activation = activations.get(aliases.get(plain) ?? plain);
  if (!activation) throw new NotTranslatable(`uses the activation '${name}', which is not one of Keras' own`);
  // Activation layers of Keras 2 have 0.3 where the function has 0.2.
  const defaults: ActivationParameters = plain === 'LeakyReLU' ? { alpha: 0.3 } : {};
  return activation(e, x, { ...defaults, ...parameters }, age);
}

/** Numbers and switches of a config. */
export function parametersOf(config: unknown): ActivationParameters {
  const entries = Object.entries(isObject(config) ? config : {}).map(([name, value]) => [name, field(field(value, 'config'), 'value') ?? value] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, number | boolean] => typeof entry[1] === 'number' || typeof entry[1] === 'boolean'));
}

/** Whether Keras has an activation of this name. */
export function isActivation(name: string): boolean {
  return activations.has(aliases.get(name) ?? name);
}
