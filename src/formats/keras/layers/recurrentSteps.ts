/** Runs a cell over the steps of a sequence: by ONNX' own operator where that says the same, else by a Scan. */
import type { Attribute } from '../../../graph/graph';
import type { Dim, ValueInfo } from '../../../graph/graph';
import type { Emitter } from '../../translate/emitter';
import type { Cell, StateDims } from './recurrentCells';
import { emitNative } from './recurrentNative';

export interface Recurrence {
  /** [steps, batch, …] */
  readonly x: string;
  /** Initial states in the cell's order; none: zeros. */
  readonly initial: readonly string[];
  /** bool [steps, batch]; where it is false a step keeps the states it found. */
  readonly mask?: string;
  /** Runs from the last step to the first. */
  readonly backwards: boolean;
  /** Whether the output of every step is wanted. */
  readonly sequence: boolean;
  /** The output of a masked step is zero instead of the one before it. */
  readonly zeroOutputForMask: boolean;
}

export interface RecurrenceResult {
  /** [steps, batch, …]: outputs, each at the place of its input. */
  readonly sequence?: string;
  /** Output of the step that ran last. */
  readonly last: string;
  readonly states: readonly string[];
}

export function emitRecurrence(e: Emitter, cell: Cell, run: Recurrence): RecurrenceResult {
  if (cell.native && run.mask === undefined) {
    const { y, states } = emitNative(e, cell.native, run.x, run.initial, run.backwards);
    return { sequence: run.sequence ? y : undefined, last: states[cell.output]!, states };
  }
  return emitScan(e, cell, run);
}

function emitScan(e: Emitter, cell: Cell, run: Recurrence): RecurrenceResult {
  const { mask, backwards } = run;
  const projected = cell.project(run.x);
  const initial = run.initial.length > 0 ? [...run.initial] : cell.states.map((state) => zeros(e, projected, state));
  // A masked step repeats the output before it, which is the state unless that began with something else than zero.
  const carriesOutput = mask !== undefined && !run.zeroOutputForMask && run.initial.length > 0;
  if (carriesOutput) initial.push(zeros(e, projected, cell.states[cell.output]!));
  const scanned = mask === undefined ? [projected] : [projected, mask];
  const wantsSequence = run.sequence || (mask !== undefined && run.zeroOutputForMask);

  const inputs: ValueInfo[] = [
    ...initial.map((value, index) => input(e, carriesOutput && index === initial.length - 1 ? 'output' : 'state', value, 0)),
    ...scanned.map((value, index) => input(e, index === 0 ? 'step' : 'mask', value, 1)),
  ];
  const body = e.subgraph('step', inputs, (flows) => {
    const names = flows.map(({ value }) => value);
    const before = names.slice(0, cell.states.length), step = names[initial.length]!;
    const after = cell.step(step, before);
    if (mask === undefined) return wantsSequence ? [...after, after[cell.output]!] : after;
    const maskOf = stepMask(e, names.at(-1)!);
    const kept = after.map((state, index) => e.op('Where', [maskOf(state), state, before[index]!]));
    const output = after[cell.output]!;
    const shown = run.zeroOutputForMask ? e.op('Where', [maskOf(output), output, e.constant(0, 'float32')])
      : carriesOutput ? e.op('Where', [maskOf(output), output, names[cell.states.length]!]) : kept[cell.output]!;
    return [...kept, ...(carriesOutput ? [shown] : []), ...(wantsSequence ? [shown] : [])];
  });

  const outputs = [...initial.map(() => e.fresh('state')), ...(wantsSequence ? [e.fresh('sequence')] : [])];
  const attributes = new Map<string, Attribute>([
    ['body', { kind: 'graph', value: withoutDims(body) }],
    ['num_scan_inputs', { kind: 'int', value: BigInt(scanned.length) }],
  ]);
  if (backwards) {
    attributes.set('scan_input_directions', { kind: 'ints', value: scanned.map(() => 1n) });
    if (wantsSequence) attributes.set('scan_output_directions', { kind: 'ints', value: [1n] });
  }
  e.add({ name: e.fresh('Scan'), opType: 'Scan', domain: '', inputs: [...initial, ...scanned], outputs, attributes });

  const states = outputs.slice(0, cell.states.length);
  const sequence = wantsSequence ? outputs.at(-1)! : undefined;
  const last = mask !== undefined && run.zeroOutputForMask ? e.op('Gather', [sequence!, e.constant(backwards ? 0 : -1, 'int64')], { axis: 0 })
    : carriesOutput ? outputs[cell.states.length]! : states[cell.output]!;
  return { sequence, last, states };
}

/** An input of the body: the value without its first `dropped` dims. */
function input(e: Emitter, hint: string, value: string, dropped: number): ValueInfo {
  const dims = e.storedDims(value)?.slice(dropped);
  return { name: e.fresh(hint), type: dims ? { kind: 'tensor', dtype: e.dtype(value), dims } : { kind: 'tensor', dtype: e.dtype(value) } };
}

/** The step's mask [batch] with as many axes as `state`, each made once. */
function stepMask(e: Emitter, mask: string): (state: string) => string {
  const byRank = new Map<number, string>();
  return (state) => {
    const rank = e.storedDims(state)?.length ?? 2;
    let shaped = byRank.get(rank);
    if (shaped === undefined) {
      shaped = e.unsqueeze(mask, Array.from({ length: rank - 1 }, (_, axis) => axis + 1));
      byRank.set(rank, shaped);
    }
    return shaped;
  };
}

/** The body's dims follow from what is scanned; written down they would bind it to one batch. */
function withoutDims(body: ReturnType<Emitter['subgraph']>): ReturnType<Emitter['subgraph']> {
  const open = (value: ValueInfo): ValueInfo => (value.type.kind === 'tensor' ? { ...value, type: { kind: 'tensor', dtype: value.type.dtype } } : value);
  return { ...body, inputs: body.inputs.map(open), outputs: body.outputs.map(open) };
}

/** Zeros for a state: [batch, features, …spatial dims of `projected` [steps, batch, channels, …]]. */
export function zeros(e: Emitter, projected: string, { features, spatialRank }: StateDims): string {
  const dims = e.storedDims(projected);
  const known: (Dim | undefined)[] = [dims?.[1], features, ...Array.from({ length: spatialRank }, (_, axis) => dims?.[axis + 3])];
  const zero = e.constant(0, 'float32');
  if (known.every((dim) => typeof dim === 'number')) return e.op('Expand', [zero, e.int64s(known as number[])]);
  const parts = [e.op('Shape', [projected], { start: 1, end: 2 }), e.int64s([features])];
  if (spatialRank > 0) parts.push(e.op('Shape', [projected], { start: 3 }));
  return e.op('Expand', [zero, e.concat(parts, 0)]);
}
