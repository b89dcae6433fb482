/** Control flow: branches are merged, what a loop carries is widened until it holds for every iteration. */
import type { Dim, Graph, ValueType } from '../graph';
import { attrGraph } from '../graph';
import type { InferRule, InferTable, OpContext, Outputs, Value } from './context';
import { tensor } from './context';
import type { Data } from './data';
import { makeData, numbersOf } from './data';
import { axisOf, widen } from './dims';

/** What is true of both values. */
export function widenValue(a: Value | undefined, b: Value | undefined): Value | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { type: widenType(a.type, b.type), data: sameData(a.data, b.data) };
}

function widenType(a: ValueType, b: ValueType): ValueType {
  if (a.kind === 'tensor' && b.kind === 'tensor') {
    return { kind: 'tensor', dtype: a.dtype === b.dtype ? a.dtype : 'undefined', dims: widen(a.dims, b.dims) };
  }
  if ((a.kind === 'sequence' || a.kind === 'optional') && a.kind === b.kind) return { kind: a.kind, element: widenType(a.element, b.element) };
  if (a.kind === 'map' && b.kind === 'map') return { ...a, value: widenType(a.value, b.value) };
  return { kind: 'unknown' };
}

function sameData(a: Data | undefined, b: Data | undefined): Data | undefined {
  return a && b && a.dims.join() === b.dims.join() && a.items.every((item, at) => item !== null && item === b.items[at]) ? a : undefined;
}

function subgraph(c: OpContext, name: string): Graph {
  const graph = attrGraph(c.node, name);
  if (graph === undefined) throw new Error(`has no ${name}`);
  return graph;
}

const ifRule: InferRule = (c) => {
  const thenOutputs = c.inferSubgraph(subgraph(c, 'then_branch'), []);
  const elseOutputs = c.inferSubgraph(subgraph(c, 'else_branch'), []);
  const condition = c.numbers(0)?.[0];
  if (condition !== undefined) return condition === 0 ? elseOutputs : thenOutputs;
  return c.node.outputs.map((_, index) => widenValue(thenOutputs[index], elseOutputs[index]));
};

/** Widening drops at least one fact a round; a few rounds settle dims, after that only ranks and types are kept. */
const maxRounds = 4;

/**
 * Infers a body until what it carries round holds for every iteration.
 *
 * @param others inputs before (`lead`) and after (`tail`) the carried ones.
 */
function carry(c: OpContext, body: Graph, initial: Outputs, lead: Outputs, tail: Outputs, outputOffset: number): { state: Outputs; outputs: Outputs } {
  let state = initial.map(withoutData);
  let outputs: Outputs = [];
  for (let round = 0; round < maxRounds; round++) {
    outputs = c.inferSubgraph(body, [...lead, ...state, ...tail]);
    const next = state.map((value, index) => round < maxRounds - 1 ? widenValue(value, outputs[outputOffset + index]) : undefined);
    if (next.every((value, index) => sameType(value, state[index]))) return { state, outputs };
    state = next.map(withoutData);
  }
  return { state, outputs: c.inferSubgraph(body, [...lead, ...state, ...tail]) };
}

function withoutData(value: Value | undefined): Value | undefined {
  return value && { type: value.type };
}

function sameType(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && JSON.stringify(a.type) === JSON.stringify(b.type));
}

function tensorDims(value: Value | undefined): readonly Dim[] | undefined {
  return value?.type.kind === 'tensor' ? value.type.dims : undefined;
}

function tensorDtype(value: Value | undefined): Parameters<typeof tensor>[0] {
  return value?.type.kind === 'tensor' ? value.type.dtype : 'undefined';
}

/** Loop(M, cond, carried…) → carried…, scans stacked along a new first axis of trip-count size. */
const loop: InferRule = (c) => {
  const body = subgraph(c, 'body');
  const carried = c.node.inputs.slice(2).map((_, index) => c.value(index + 2));
  // The body runs only while its condition holds.
  const { state, outputs } = carry(c, body, carried, [tensor('int64', []), tensor('bool', [], makeData('bool', [], [1]))], [], 1);
  const trips = c.numbers(0)?.[0];
  // With a constant count and a condition that the body passes on, every iteration runs.
  const endless = !c.has(1) || c.numbers(1)?.[0] === 1;
  const count: Dim = trips !== undefined && endless && numbersOf(outputs[0]?.data)?.[0] === 1 ? Math.max(0, trips) : null;
  return c.node.outputs.map((_, index) => {
    if (index < carried.length) return state[index];
    const element = outputs[1 + index];
    const dims = tensorDims(element);
    return tensor(tensorDtype(element), dims && [count, ...dims]);
  });
};

/** Scan: states, then scanned inputs sliced along their axes; scanned outputs get the sequence axis back. */
const scan: InferRule = (c) => {
  const body = subgraph(c, 'body');
  // Opset 8: a sequence_lens input first, and batch axes before everything.
  const first = c.opset < 9 ? 1 : 0;
  const batched = c.opset < 9;
  const scanned = c.int('num_scan_inputs', 0);
  const states = c.node.inputs.length - first - scanned;
  const axes = c.ints('scan_input_axes');
  let length: Dim = null, batch: Dim = null;
  const slices: (Value | undefined)[] = [];
  for (let index = 0; index < scanned; index++) {
    const dims = c.dims(first + states + index);
    if (dims === undefined) { slices.push(undefined); continue; }
    const axis = batched ? 1 : axisOf(axes?.[index] ?? 0, dims.length);
    if (typeof dims[axis] === 'number' || length === null) length = dims[axis]!;
    if (batched) batch = dims[0]!;
    slices.push(tensor(c.dtype(first + states + index), dims.filter((_, at) => at !== axis && !(batched && at === 0))));
  }
  const initial = Array.from({ length: states }, (_, index): Value | undefined => {
    const value = c.value(first + index), dims = c.dims(first + index);
    return batched && dims !== undefined ? tensor(c.dtype(first + index), dims.slice(1)) : value;
  });
  const { state, outputs } = carry(c, body, initial, [], slices, 0);
  const outputAxes = c.ints('scan_output_axes');
  return c.node.outputs.map((_, index) => {
    if (index < states) {
      const dims = tensorDims(state[index]);
      return batched && dims !== undefined ? tensor(tensorDtype(state[index]), [batch, ...dims]) : state[index];
    }
    const dims = tensorDims(outputs[index]), dtype = tensorDtype(outputs[index]);
    if (dims === undefined) return tensor(dtype);
    if (batched) return tensor(dtype, [batch, length, ...dims]);
    const axis = axisOf(outputAxes?.[index - states] ?? 0, dims.length + 1);
    return tensor(dtype, [...dims.slice(0, axis), length, ...dims.slice(axis)]);
  });
};

export const controlRules: InferTable = { If: ifRule, Loop: loop, Scan: scan };
