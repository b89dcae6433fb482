/** ONNX' LSTM, GRU and RNN as elementary ops, one step after the other. */
import type { Node } from '../graph/graph';
import { attrFloat, attrFloats, attrInt, attrString } from '../graph/graph';
import type { GraphBuilder } from '../graph/builder';
import type { DType } from '../tensor/dtype';

/** Gates of the operators: LSTM i, o, f, c; GRU z, r, h. */
export const recurrentGates: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** What the writers of steps know of the values around them. */
export interface Around {
  readonly b: GraphBuilder;
  dims(value: string): readonly number[] | undefined;
  dtype(value: string): DType;
}

/** [.., steps, ..] → one value for each step, without that axis. */
export function stepsOf(b: GraphBuilder, value: string, axis: number, steps: number): string[] {
  const parts = steps === 1 ? [value] : b.split(value, axis, new Array<number>(steps).fill(1));
  return parts.map((part) => b.squeeze(part, [axis]));
}

type Activate = (value: string) => string;

interface Direction {
  readonly b: GraphBuilder;
  readonly dtype: DType;
  readonly hidden: number;
  /** x·Wᵀ + the inputs' bias, by step; [batch, gates · hidden]. */
  readonly projected: readonly string[];
  /** Rᵀ [hidden, gates · hidden] and its bias [gates · hidden]. */
  readonly recurrent: string;
  readonly recurrentBias?: string;
  readonly activations: readonly Activate[];
  /** What goes into an activation, kept between ±clip. */
  readonly bounded: Activate;
  /** LSTM: weights [hidden] by which the gates i, o, f see the cell. */
  readonly peepholes?: readonly string[];
  /** By step: whether the samples are still running, bool [batch, 1]; all are where this is missing. */
  readonly running?: readonly string[];
}

/** Y, Y_h and, for LSTM, Y_c; undefined for forms that are not written out (batch first, which no kernel runs either). */
export function unrollRecurrent(node: Node, around: Around): string[] | undefined {
  const { b, dims } = around;
  const [x, w, r, bias, lengths, initialH, initialC, peepholes] = node.inputs;
  const gates = recurrentGates[node.opType]!;
  const shape = dims(x ?? ''), hidden = dims(r ?? '')?.[2], features = dims(w ?? '')?.[2];
  if (attrInt(node, 'layout', 0) !== 0 || !shape || shape.length !== 3 || hidden === undefined || features === undefined) return undefined;
  const [steps, batch] = [shape[0]!, shape[1]!];
  const direction = attrString(node, 'direction', 'forward');
  const count = direction === 'bidirectional' ? 2 : 1;
  const perDirection = node.opType === 'LSTM' ? 3 : node.opType === 'GRU' ? 2 : 1;
  const activations = activationsOf(node, b, around.dtype(x!), count * perDirection);
  if (!activations || steps < 1) return undefined;

  const dtype = around.dtype(x!);
  const width = gates * hidden;
  const pick = (value: string, index: number, rest: readonly number[]): string => b.reshape(count === 1 ? value : b.slice(value, [index], [index + 1], [0]), rest);
  const results = Array.from({ length: count }, (_, index) => {
    const biases = bias ? b.split(pick(bias, index, [2 * width]), 0, [width, width]) : undefined;
    const backwards = direction === 'reverse' || index === 1;
    // With lengths each sample is turned around within its own; else the steps are.
    const turn = (value: string): string => b.op('ReverseSequence', [value, b.cast(lengths!, 'int64')], { time_axis: 0, batch_axis: 1 });
    const product = b.op('MatMul', [backwards && lengths ? turn(x!) : x!, b.transpose(pick(w!, index, [width, features]), [1, 0])]);
    const projected = stepsOf(b, biases ? b.op('Add', [product, biases[0]!]) : product, 0, steps);
    const state = (initial: string | undefined): string => (initial ? pick(initial, index, [batch, hidden]) : b.constant(new Array<number>(batch * hidden).fill(0), dtype, [batch, hidden]));
    const run: Direction = {
      b, dtype, hidden, projected: backwards && !lengths ? [...projected].reverse() : projected,
      recurrent: b.transpose(pick(r!, index, [width, hidden]), [1, 0]), recurrentBias: biases?.[1],
      activations: activations.slice(index * perDirection, (index + 1) * perDirection), bounded: bounded(node, b, dtype),
      ...(peepholes && { peepholes: b.split(pick(peepholes, index, [3 * hidden]), 0, [hidden, hidden, hidden]) }),
      ...(lengths && { running: projected.map((_, step) => b.op('Less', [b.constant([step], 'int32', [1, 1]), b.reshape(lengths, [batch, 1])])) }),
    };
    const outputs = runDirection(node, run, state(initialH), node.opType === 'LSTM' ? state(initialC) : undefined);
    const stacked = b.concat((backwards && !lengths ? [...outputs.sequence].reverse() : outputs.sequence).map((value) => b.unsqueeze(value, [0])), 0);
    return { ...outputs, sequence: backwards && lengths ? turn(stacked) : stacked };
  });
  // [steps, directions, batch, hidden] and [directions, batch, hidden]
  const y = b.concat(results.map(({ sequence }) => b.unsqueeze(sequence, [1])), 1);
  const last = b.concat(results.map(({ h }) => b.unsqueeze(h, [0])), 0);
  return node.opType === 'LSTM' ? [y, last, b.concat(results.map(({ c }) => b.unsqueeze(c!, [0])), 0)] : [y, last];
}

/** The operators bound what goes into their activations by the attribute `clip`. */
function bounded(node: Node, b: GraphBuilder, dtype: DType): Activate {
  const clip = attrFloat(node, 'clip', undefined);
  if (clip === undefined) return (value) => value;
  return (value) => b.op('Clip', [value, b.constant(-clip, dtype), b.constant(clip, dtype)]);
}

function runDirection(node: Node, run: Direction, h: string, c: string | undefined): { sequence: string[]; h: string; c?: string } {
  const { b } = run, resetAfter = attrInt(node, 'linear_before_reset', 0) !== 0, coupled = attrInt(node, 'input_forget', 0) !== 0;
  const zero = b.constant(0, run.dtype), sequence: string[] = [];
  run.projected.forEach((projected, step) => {
    let next: string, cell: string | undefined;
    if (node.opType === 'LSTM') [next, cell] = lstmStep(run, projected, h, c!, coupled);
    else if (node.opType === 'GRU') next = gruStep(run, projected, h, resetAfter);
    else next = run.activations[0]!(run.bounded(b.op('Add', [projected, fromState(run, h)])));
    const running = run.running?.[step];
    // A sample that has ended keeps its state and gives zeros.
    sequence.push(running === undefined ? next : b.op('Where', [running, next, zero]));
    h = running === undefined ? next : b.op('Where', [running, next, h]);
    if (cell !== undefined) c = running === undefined ? cell : b.op('Where', [running, cell, c!]);
  });
  return { sequence, h, c };
}

/** h·Rᵀ + b */
function fromState({ b, recurrent, recurrentBias }: Direction, h: string): string {
  const product = b.op('MatMul', [h, recurrent]);
  return recurrentBias === undefined ? product : b.op('Add', [product, recurrentBias]);
}

/** c' = f·c + i·g(…), h' = o·h(c'); gates i, f see c and o sees c' through the peepholes. Coupled gates: f = 1 − i. */
function lstmStep(run: Direction, projected: string, h: string, c: string, coupled: boolean): [string, string] {
  const { b, hidden, activations: [f, g, last], bounded, peepholes } = run;
  const [inputGate, outputGate, forgetGate, candidate] = b.split(b.op('Add', [projected, fromState(run, h)]), 1, new Array<number>(4).fill(hidden));
  const gate = (value: string, peephole: number, cell: string): string => f!(bounded(peepholes ? b.op('Add', [value, b.op('Mul', [peepholes[peephole]!, cell])]) : value));
  const i = gate(inputGate!, 0, c);
  const kept = coupled ? b.op('Sub', [b.constant(1, run.dtype), i]) : gate(forgetGate!, 2, c);
  const next = b.op('Add', [b.op('Mul', [kept, c]), b.op('Mul', [i, g!(bounded(candidate!))])]);
  return [b.op('Mul', [gate(outputGate!, 1, next), last!(next)]), next];
}

/** h' = (1 − z)·g(…) + z·h */
function gruStep(run: Direction, projected: string, h: string, resetAfter: boolean): string {
  const { b, hidden, activations: [update, g], bounded } = run, f = (value: string): string => update!(bounded(value));
  const [xz, xr, xh] = b.split(projected, 1, [hidden, hidden, hidden]);
  let z: string, candidate: string;
  if (resetAfter) {
    const [hz, hr, hh] = b.split(fromState(run, h), 1, [hidden, hidden, hidden]);
    z = f(b.op('Add', [xz!, hz!]));
    candidate = b.op('Add', [xh!, b.op('Mul', [f(b.op('Add', [xr!, hr!])), hh!])]);
  } else {
    const matrices = b.split(run.recurrent, 1, [2 * hidden, hidden]);
    const biases = run.recurrentBias === undefined ? [] : b.split(run.recurrentBias, 0, [2 * hidden, hidden]);
    const part = (index: number): Direction => ({ ...run, recurrent: matrices[index]!, recurrentBias: biases[index] });
    const [hz, hr] = b.split(fromState(part(0), h), 1, [hidden, hidden]);
    z = f(b.op('Add', [xz!, hz!]));
    const r = f(b.op('Add', [xr!, hr!]));
    candidate = b.op('Add', [xh!, fromState(part(1), b.op('Mul', [r, h]))]);
  }
  const proposed = g!(bounded(candidate));
  return b.op('Add', [proposed, b.op('Mul', [z, b.op('Sub', [h, proposed])])]);
}

// --- activations --------------------------------------------------------------------------------------------------

/** Alpha and beta where the operators' definition gives them. */
const defaults: Readonly<Record<string, { readonly alpha?: number; readonly beta?: number }>> = {
  affine: { alpha: 1, beta: 0 }, leakyrelu: { alpha: 0.01 }, thresholdedrelu: { alpha: 1 }, scaledtanh: { alpha: 1, beta: 1 }, hardsigmoid: { alpha: 0.2, beta: 0.5 }, elu: { alpha: 1 },
  relu: {}, tanh: {}, sigmoid: {}, softsign: {}, softplus: {},
};

/** The activations of all directions in turn; alphas and betas are taken in order by those that have one. */
function activationsOf(node: Node, b: GraphBuilder, dtype: DType, count: number): Activate[] | undefined {
  const attribute = node.attributes.get('activations');
  const usual: Readonly<Record<string, readonly string[]>> = { LSTM: ['Sigmoid', 'Tanh', 'Tanh'], GRU: ['Sigmoid', 'Tanh'], RNN: ['Tanh'] };
  const names = attribute?.kind === 'strings' ? attribute.value.map((item) => new TextDecoder().decode(item)) : Array.from({ length: count }, (_, index) => usual[node.opType]!.at(index % usual[node.opType]!.length)!);
  const alphas = [...attrFloats(node, 'activation_alpha', [])], betas = [...attrFloats(node, 'activation_beta', [])];
  if (names.length !== count) return undefined;
  const list = names.map((name) => {
    const key = name.toLowerCase(), preset = Object.hasOwn(defaults, key) ? defaults[key] : undefined;
    if (!preset) return undefined;
    const alpha = preset.alpha === undefined ? 0 : alphas.shift() ?? preset.alpha, beta = preset.beta === undefined ? 0 : betas.shift() ?? preset.beta;
    return activation(b, dtype, key, alpha, beta);
  });
  return list.every((item) => item !== undefined) ? list : undefined;
}

function activation(b: GraphBuilder, dtype: DType, name: string, alpha: number, beta: number): Activate {
  const times = (value: string, factor: number): string => (factor === 1 ? value : b.op('Mul', [value, b.constant(factor, dtype)]));
  switch (name) {
    case 'affine': return (x) => (beta === 0 ? times(x, alpha) : b.op('Add', [times(x, alpha), b.constant(beta, dtype)]));
    case 'scaledtanh': return (x) => times(b.op('Tanh', [times(x, beta)]), alpha);
    case 'hardsigmoid': return (x) => b.op('HardSigmoid', [x], { alpha: { float: alpha }, beta: { float: beta } });
    case 'leakyrelu': return (x) => b.op('LeakyRelu', [x], { alpha: { float: alpha } });
    case 'thresholdedrelu': return (x) => b.op('ThresholdedRelu', [x], { alpha: { float: alpha } });
    case 'elu': return (x) => b.op('Elu', [x], { alpha: { float: alpha } });
    default: {
      const opType = ({ relu: 'Relu', tanh: 'Tanh', sigmoid: 'Sigmoid', softsign: 'Softsign', softplus: 'Softplus' } as Record<string, string>)[name]!;
      return (x) => b.op(opType, [x]);
    }
  }
}
