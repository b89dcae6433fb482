/**
 * Writes recurrent operators, Scans and Loops out step by step, where the number of steps is known, so that ordinary rules
 * differentiate them. What cannot be written out stays as it is, and the missing rule names it.
 */
import type { Graph, Initializer, Node } from '../graph/graph';
import { attrGraph, attrInt, attrInts, attrTensor } from '../graph/graph';
import { GraphBuilder } from '../graph/builder';
import type { Inference } from '../graph/inference/infer';
import { dtypeOf, staticDims } from '../graph/inference/infer';
import { nodeLabel, ruleKey } from './context';
import { valueNames } from './flow';
import { identity, renamed } from './inline';
import { recurrentGates, stepsOf, unrollRecurrent, type Around } from './unrollRecurrent';

/** A longer sequence would make a graph that takes longer to load than anybody waits. */
const maxNodes = 60_000;

/** Node types that are written out. */
export const unrolled: ReadonlySet<string> = new Set(['Scan', 'Loop', ...Object.keys(recurrentGates)]);

/** The graph with its recurrent nodes written out; undefined when there are none that can be. */
export function unrollSteps(graph: Graph, inference: Inference, opset: number, keep: (key: string) => boolean): Graph | undefined {
  if (!graph.nodes.some((node) => unrolled.has(ruleKey(node)) && !keep(ruleKey(node)))) return undefined;
  const nodes: Node[] = [], initializers = new Map<string, Initializer>(graph.initializers);
  const b = new GraphBuilder(opset, 'steps/', valueNames(graph));
  const around: Around = { b, dims: (value) => staticDims(inference, value), dtype: (value) => dtypeOf(inference, value) };
  let found = 0;
  for (const node of graph.nodes) {
    const key = ruleKey(node);
    const outputs = unrolled.has(key) && !keep(key) ? unroll(node, around, inference, initializers, found) : undefined;
    const made = b.nodes.splice(0);
    if (!outputs || nodes.length + made.length > maxNodes) { nodes.push(node); continue; }
    found++;
    nodes.push(...made);
    node.outputs.forEach((output, index) => { if (output !== '') nodes.push(identity(outputs[index]!, output)); });
  }
  if (found === 0) return undefined;
  for (const [name, init] of b.initializers) initializers.set(name, init);
  return { ...graph, nodes, initializers };
}

function unroll(node: Node, around: Around, inference: Inference, initializers: Map<string, Initializer>, place: number): string[] | undefined {
  if (node.opType === 'Scan') return unrollScan(node, around, initializers, place);
  if (node.opType === 'Loop') return unrollLoop(node, around, inference, initializers, place);
  return unrollRecurrent(node, around);
}

/** The nodes of a loop's body for one step: its inputs are given, what it makes gets names of the step. @returns its outputs. */
function writeStep(b: GraphBuilder, body: Graph, inputs: readonly string[], prefix: string, own: string): string[] {
  const names = new Map<string, string>([...body.initializers.keys()].map((name) => [name, prefix + name]));
  body.inputs.forEach(({ name }, index) => names.set(name, inputs[index]!));
  for (const inner of body.nodes) for (const output of inner.outputs) if (output !== '') names.set(output, own + output);
  // Names the body does not make itself are captured from outside and stay.
  for (const inner of body.nodes) b.nodes.push(renamed(inner, names, own, true));
  return body.outputs.map(({ name }) => names.get(name) ?? name);
}

/**
 * The outputs of a Loop whose largest number of steps is known. Where it may end earlier, ended steps keep the state;
 * what it collects then has a length that only running it tells, and it is not written out.
 */
function unrollLoop(node: Node, { b, dims }: Around, inference: Inference, initializers: Map<string, Initializer>, place: number): string[] | undefined {
  const body = attrGraph(node, 'body'), [count, start] = node.inputs;
  const known = (value: string | undefined): number | undefined => (value ? inference.constants.get(value)?.[0] : undefined);
  const steps = known(count);
  if (!body || steps === undefined || steps < 0 || steps * body.nodes.length > maxNodes) return undefined;
  let running: string | undefined = start || undefined;
  if (running !== undefined && known(running) !== undefined) {
    if (known(running) === 0) return undefined;
    running = undefined;
  }
  const carried = node.inputs.length - 2, initial = node.inputs.slice(2);
  const endless = running === undefined && neverEnds(body);
  if (!endless && (body.outputs.length > 1 + carried || initial.some((value) => dims(value) === undefined))) return undefined;
  if (steps === 0 && body.outputs.length > 1 + carried) return undefined;
  const prefix = `${nodeLabel(node)}/${place}/`;
  for (const [name, init] of body.initializers) initializers.set(prefix + name, init);
  let states: string[] = [...initial];
  const collected: string[][] = body.outputs.slice(1 + carried).map(() => []), always = b.constant([1], 'bool', []);
  for (let step = 0; step < steps; step++) {
    const results = writeStep(b, body, [b.constant(step, 'int64'), running ?? always, ...states], prefix, `${prefix}${step}/`);
    const next = results.slice(1, 1 + carried), before = running;
    states = before === undefined ? next : next.map((value, index) => b.op('Where', [before, value, states[index]!]));
    if (!endless) running = before === undefined ? results[0]! : b.op('And', [before, results[0]!]);
    results.slice(1 + carried).forEach((value, index) => collected[index]!.push(value));
  }
  return [...states, ...collected.map((values) => b.concat(values.map((value) => b.unsqueeze(value, [0])), 0))];
}

/** Whether a loop's body always says 'go on': a constant true, or the condition it was given. */
function neverEnds(body: Graph): boolean {
  let name = body.outputs[0]?.name;
  for (let guard = 0; guard <= body.nodes.length; guard++) {
    if (name === body.inputs[1]?.name) return true;
    const init = name === undefined ? undefined : body.initializers.get(name), node = body.nodes.find((item) => item.outputs[0] === name);
    const constant = init ?? (node?.opType === 'Constant' ? attrTensor(node, 'value') : undefined);
    if (constant) return constant.kind === 'inline' && constant.dtype === 'bool' && constant.bytes[0] === 1;
    if (!node || node.domain !== '' || !['Identity', 'Cast'].includes(node.opType)) return false;
    name = node.inputs[0];
  }
  return false;
}

/** The outputs of a Scan by name, or undefined when the number of its steps is not known. */
function unrollScan(node: Node, { b, dims }: Around, initializers: Map<string, Initializer>, place: number): string[] | undefined {
  const body = attrGraph(node, 'body');
  const scanned = attrInt(node, 'num_scan_inputs', 0);
  if (!body || scanned < 1 || scanned > node.inputs.length) return undefined;
  const stateCount = node.inputs.length - scanned;
  const inputs = node.inputs.slice(stateCount);
  const axes = attrInts(node, 'scan_input_axes', inputs.map(() => 0)), outputAxes = attrInts(node, 'scan_output_axes', []);
  const backwards = attrInts(node, 'scan_input_directions', inputs.map(() => 0)), outputBackwards = attrInts(node, 'scan_output_directions', []);
  const shapes = inputs.map((value) => dims(value));
  if (shapes.some((shape) => shape === undefined)) return undefined;
  const at = shapes.map((shape, index) => { const axis = axes[index] ?? 0; return axis < 0 ? axis + shape!.length : axis; });
  const steps = shapes[0]![at[0]!];
  if (!steps || steps * body.nodes.length > maxNodes) return undefined;
  const slices = inputs.map((value, index) => {
    const list = stepsOf(b, value, at[index]!, steps);
    return backwards[index] === 1 ? list.reverse() : list;
  });
  const prefix = `${nodeLabel(node)}/${place}/`;
  for (const [name, init] of body.initializers) initializers.set(prefix + name, init);
  let states = node.inputs.slice(0, stateCount);
  const collected: string[][] = body.outputs.slice(stateCount).map(() => []);
  for (let step = 0; step < steps; step++) {
    const results = writeStep(b, body, body.inputs.map((_, index) => (index < stateCount ? states[index]! : slices[index - stateCount]![step]!)), prefix, `${prefix}${step}/`);
    states = results.slice(0, stateCount);
    results.slice(stateCount).forEach((value, index) => collected[index]!.push(value));
  }
  const sequences = collected.map((values, index) => {
    const axis = outputAxes[index] ?? 0;
    const ordered = outputBackwards[index] === 1 ? [...values].reverse() : values;
    // A negative axis counts from the end of the stacked value.
    return b.concat(ordered.map((value) => b.unsqueeze(value, [axis])), axis);
  });
  return [...states, ...sequences];
}
