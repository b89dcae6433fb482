/**
 * ONNX' own LSTM, GRU and RNN operators, for layers without a mask whose activations they know. One direction each;
 * gates in ONNX' order (LSTM: i, o, f, c; GRU: z, r, h).
 */
import type { AttributeInput } from '../../../graph/builder';
import type { Emitter } from '../../translate/emitter';
import { field } from '../config';
import type { KerasAge } from '../layer';
import type { GateWeights } from './recurrentWeights';

/** An activation as the operators name it; parameters only where it takes them. */
interface NativeActivation {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

export interface NativeForm {
  readonly opType: 'LSTM' | 'GRU' | 'RNN';
  readonly weights: GateWeights;
  readonly features: number;
  readonly units: number;
  readonly activations: readonly NativeActivation[];
  readonly resetAfter?: boolean;
}

const simple: ReadonlyMap<string, NativeActivation> = new Map<string, NativeActivation>([
  ['tanh', { name: 'Tanh' }], ['sigmoid', { name: 'Sigmoid' }], ['relu', { name: 'Relu' }], ['linear', { name: 'Affine', alpha: 1, beta: 0 }],
  ['softsign', { name: 'Softsign' }], ['softplus', { name: 'Softplus' }], ['elu', { name: 'Elu', alpha: 1 }],
]);

/** The operators' activation for one of Keras' (as configs have it), or undefined when they have none. */
export function nativeActivation(activation: unknown, age: KerasAge): NativeActivation | undefined {
  if (activation === undefined || activation === null) return simple.get('linear');
  const inner = field(activation, 'config');
  const name = typeof inner === 'string' ? inner : activation;
  if (typeof name !== 'string') return undefined;
  if (name === 'hard_sigmoid') return { name: 'HardSigmoid', alpha: age === 3 ? 1 / 6 : 0.2, beta: 0.5 };
  return simple.get(name);
}

/**
 * @param x [steps, batch, features].
 * @param initial [batch, units] each, or none for zeros.
 * @returns y [steps, batch, units] in the order of x, and the states after the last step, [batch, units] each.
 */
export function emitNative(e: Emitter, form: NativeForm, x: string, initial: readonly string[], backwards: boolean): { y: string; states: string[] } {
  const { opType, weights, units, activations } = form;
  const w = operatorWeight(e, form, weights.kernel);
  const r = operatorWeight(e, form, weights.recurrent);
  const inputs = [x, w, r];
  if (weights.inputBias !== undefined || initial.length > 0) {
    inputs.push(weights.inputBias === undefined ? '' : operatorBias(e, form), '');
    inputs.push(...initial.map((state) => e.unsqueeze(state, [0])));
  }
  while (inputs.at(-1) === '') inputs.pop();
  const attributes: Record<string, AttributeInput> = { hidden_size: units, direction: backwards ? 'reverse' : 'forward' };
  if (opType === 'GRU') attributes.linear_before_reset = form.resetAfter ? 1 : 0;
  const stringAttributes = activations.map(({ name }) => name);
  const alphas = activations.flatMap(({ alpha }) => alpha ?? []), betas = activations.flatMap(({ beta }) => beta ?? []);
  if (alphas.length > 0) attributes.activation_alpha = { floats: alphas };
  if (betas.length > 0) attributes.activation_beta = { floats: betas };
  const outputs = e.ops(opType, inputs, opType === 'LSTM' ? 3 : 2, { ...attributes, activations: { strings: stringAttributes } });
  return { y: e.squeeze(outputs[0]!, [1]), states: outputs.slice(1).map((state) => e.squeeze(state, [0])) };
}

/** [rows, gates·units] in Keras' order → [1, gates·units, rows] in the operator's. */
function operatorWeight(e: Emitter, form: NativeForm, kernel: string): string {
  return e.unsqueeze(e.transpose(inOperatorOrder(e, form, kernel, 1), [1, 0]), [0]);
}

/** [1, 2·gates·units]: the inputs' biases, then the recurrent ones. */
function operatorBias(e: Emitter, form: NativeForm): string {
  const { weights, units } = form;
  const gates = { LSTM: 4, GRU: 3, RNN: 1 }[form.opType];
  const inputBias = inOperatorOrder(e, form, weights.inputBias!, 0);
  const recurrentBias = weights.recurrentBias === undefined
    ? e.constant(new Array<number>(gates * units).fill(0), 'float32')
    : inOperatorOrder(e, form, weights.recurrentBias, 0);
  return e.unsqueeze(e.concat([inputBias, recurrentBias], 0), [0]);
}

function inOperatorOrder(e: Emitter, { opType, units }: NativeForm, value: string, axis: number): string {
  if (opType !== 'LSTM') return value;
  const [i, f, c, o] = e.split(value, axis, [units, units, units, units]);
  return e.concat([i!, o!, f!, c!], axis);
}
