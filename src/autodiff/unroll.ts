/**
 * Writes recurrent operators and Scans out step by step, where the number of steps is known, so that ordinary rules
 * differentiate them. What cannot be written out stays as it is, and the missing rule names it.
 */
import type { Graph, Initializer, Node } from '../graph/graph';
import { attrGraph, attrInt, attrInts } from '../graph/graph';
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
export const unrolled: ReadonlySet<string> = new Set(['Scan', ...Object.keys(recurrentGates)]);

/** The graph with its recurrent nodes written out; undefined when there are none that can be. */
export function unrollSteps(graph: Graph, inference: Inference, opset: number, keep: (key: string) => boolean): Graph | undefined {
  if (!graph.nodes.some((node) => unrolled.has(ruleKey(node)) && !keep(ruleKey(node)))) return undefined;
  const nodes: Node[] = [], initializers = new Map<string, Initializer>(graph.initializers);
  const b = new GraphBuilder(opset, 'steps/', valueNames(graph));
  const around: Around = { b, dims: (value) => staticDims(inference, value), dtype: (value) => dtypeOf(inference, value) };
  let found = 0;
  for (const node of graph.nodes) {
    const key = ruleKey(node);
    const outputs = unrolled.has(key) && !keep(key) ? (key === 'Scan' ? unrollScan(node, around, initializers, found) : unrollRecurrent(node, around)) : undefined;
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
    const own = `${prefix}${step}/`;
    const names = new Map<string, string>([...body.initializers.keys()].map((name) => [name, prefix + name]));
    body.inputs.forEach(({ name }, index) => names.set(name, index < stateCount ? states[index]! : slices[index - stateCount]![step]!));
    for (const inner of body.nodes) for (const output of inner.outputs) if (output !== '') names.set(output, own + output);
    // Names the body does not make itself are captured from outside and stay.
    for (const inner of body.nodes) b.nodes.push(renamed(inner, names, own, true));
    const results = body.outputs.map(({ name }) => names.get(name) ?? name);
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
