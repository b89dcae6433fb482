/**
 * What one step of a recurrent layer does, as ONNX nodes. A cell's work on the inputs alone (`project`) is done for all
 * steps at once; `step` adds what depends on the states.
 */
import type { Emitter } from '../../translate/emitter';
import type { GateWeights } from './recurrentWeights';
import type { NativeForm } from './recurrentNative';

/** Dims of a state: [batch, features, …the projected input's spatial dims]. */
export interface StateDims {
  readonly features: number;
  readonly spatialRank: number;
}

export interface Cell {
  readonly states: readonly StateDims[];
  /** Which of the states is the cell's output. */
  readonly output: number;
  /** The share of the inputs, for one step [batch, …] or for all of them [steps, batch, …]. */
  project(x: string): string;
  /** The states after a step. */
  step(projected: string, states: readonly string[]): string[];
  /** ONNX' own operator for it, where it has one. */
  readonly native?: NativeForm;
}

/** Applies an activation to an ONNX value. */
export type Activate = (value: string) => string;

export interface CellActivations {
  readonly activation: Activate;
  readonly recurrent: Activate;
}

/** x·W + b */
function dense(e: Emitter, x: string, kernel: string, bias: string | undefined): string {
  const product = e.op('MatMul', [x, kernel]);
  return bias === undefined ? product : e.op('Add', [product, bias]);
}

function parts(e: Emitter, value: string, count: number, units: number): string[] {
  return e.split(value, -1, new Array<number>(count).fill(units));
}

/** h' = φ(x·W + h·U + b) */
export function simpleCell(e: Emitter, weights: GateWeights, units: number, { activation }: Pick<CellActivations, 'activation'>, native?: NativeForm): Cell {
  return {
    states: [{ features: units, spatialRank: 0 }],
    output: 0,
    native,
    project: (x) => dense(e, x, weights.kernel, weights.inputBias),
    step: (projected, [h]) => [activation(e.op('Add', [projected, dense(e, h!, weights.recurrent, weights.recurrentBias)]))],
  };
}

/** i, f, o = σ(…), c' = f·c + i·φ(…), h' = o·φ(c'); gates in Keras' order i, f, c, o. */
export function lstmCell(e: Emitter, weights: GateWeights, units: number, { activation, recurrent }: CellActivations, native?: NativeForm): Cell {
  return {
    states: [{ features: units, spatialRank: 0 }, { features: units, spatialRank: 0 }],
    output: 0,
    native,
    project: (x) => dense(e, x, weights.kernel, weights.inputBias),
    step: (projected, [h, c]) => {
      const gates = e.op('Add', [projected, dense(e, h!, weights.recurrent, weights.recurrentBias)]);
      return lstmStep(e, parts(e, gates, 4, units), c!, { activation, recurrent });
    },
  };
}

/** The element-wise half of an LSTM step, from the four gates' inputs i, f, c, o. Gives h' and c'. */
export function lstmStep(e: Emitter, [i, f, candidate, o]: readonly string[], c: string, { activation, recurrent }: CellActivations): string[] {
  const kept = e.op('Mul', [recurrent(f!), c]);
  const added = e.op('Mul', [recurrent(i!), activation(candidate!)]);
  const next = e.op('Add', [kept, added]);
  return [e.op('Mul', [recurrent(o!), activation(next)]), next];
}

/**
 * z, r = σ(…), h' = z·h + (1 − z)·φ(…); gates in the order z, r, h.
 * @param resetAfter whether r multiplies h·U + b (cuDNN's way, Keras 2.1 and later) or h before the product.
 */
export function gruCell(e: Emitter, weights: GateWeights, units: number, resetAfter: boolean, { activation, recurrent }: CellActivations, native?: NativeForm): Cell {
  const candidate = resetAfter ? resetAfterCandidate : resetBeforeCandidate;
  return {
    states: [{ features: units, spatialRank: 0 }],
    output: 0,
    native,
    project: (x) => dense(e, x, weights.kernel, weights.inputBias),
    step: (projected, [h]) => {
      const { z, proposal } = candidate(e, weights, units, projected, h!, recurrent);
      // h' = φ + z·(h − φ)
      const proposed = activation(proposal);
      return [e.op('Add', [proposed, e.op('Mul', [z, e.op('Sub', [h!, proposed])])])];
    },
  };
}

function resetAfterCandidate(e: Emitter, weights: GateWeights, units: number, projected: string, h: string, recurrent: Activate): { z: string; proposal: string } {
  const [xz, xr, xh] = parts(e, projected, 3, units);
  const [hz, hr, hh] = parts(e, dense(e, h, weights.recurrent, weights.recurrentBias), 3, units);
  const z = recurrent(e.op('Add', [xz!, hz!])), r = recurrent(e.op('Add', [xr!, hr!]));
  return { z, proposal: e.op('Add', [xh!, e.op('Mul', [r, hh!])]) };
}

function resetBeforeCandidate(e: Emitter, weights: GateWeights, units: number, projected: string, h: string, recurrent: Activate): { z: string; proposal: string } {
  const gates = e.split(weights.recurrent, 1, [2 * units, units]);
  const bias = weights.recurrentBias === undefined ? [] : e.split(weights.recurrentBias, 0, [2 * units, units]);
  const [xz, xr, xh] = parts(e, projected, 3, units);
  const [hz, hr] = parts(e, dense(e, h, gates[0]!, bias[0]), 2, units);
  const z = recurrent(e.op('Add', [xz!, hz!])), r = recurrent(e.op('Add', [xr!, hr!]));
  return { z, proposal: e.op('Add', [xh!, dense(e, e.op('Mul', [r, h]), gates[1]!, bias[1])]) };
}

/** Cells one upon the other: the output of each is the next one's input. */
export function stackedCell(cells: readonly Cell[]): Cell {
  const first = cells[0]!;
  const offsets = cells.map((_, index) => cells.slice(0, index).reduce((sum, cell) => sum + cell.states.length, 0));
  return {
    states: cells.flatMap((cell) => cell.states),
    output: offsets.at(-1)! + cells.at(-1)!.output,
    project: (x) => first.project(x),
    step: (projected, states) => {
      const next: string[] = [];
      cells.forEach((cell, index) => {
        const input = index === 0 ? projected : cell.project(next[offsets[index - 1]! + cells[index - 1]!.output]!);
        next.push(...cell.step(input, states.slice(offsets[index], offsets[index]! + cell.states.length)));
      });
      return next;
    },
  };
}
