/** The value of the graph that a target names. */
import type { LoadedModel } from './loadedModel';
import type { Prepared } from './prepare';
import { nearest } from './similarNames';
import { bad } from './targetText';
import type { DType } from '../tensor/dtype';

export interface FoundValue {
  readonly name: string;
  readonly dtype: DType;
  /** For one sample, the batch's 1 included where there is one. */
  readonly dims: readonly number[];
  /** The model's output it is or stands behind; undefined for an inner value. */
  readonly output?: string;
}

/** Ops between an ArgMax and the output that leave what it says as it is. */
const passes: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Squeeze', 'Unsqueeze', 'Reshape', 'Flatten', 'Transpose']);

/**
 * @param name of an output or inner value, of the node that makes it, or of a layer the file declares.
 * @param scores whether an output that an ArgMax makes stands for the scores behind it.
 * @throws LensError naming values there are.
 */
export async function findValue(prepared: Pick<Prepared, 'model' | 'opened'> & Partial<Pick<Prepared, 'feeds'>>, name: string, scores = false): Promise<FoundValue> {
  const { model, feeds } = prepared;
  const value = named(prepared, name), output = model.outputs.some((port) => port.name === value) ? value : undefined;
  const behind = scores && output !== undefined ? beforeArgMax(prepared.model, output) ?? value : value;
  const type = model.typeOf(behind);
  if (type?.kind === 'tensor' && type.dtype !== 'string' && type.dims?.every((dim): dim is number => typeof dim === 'number')) return { name: behind, dtype: type.dtype, dims: type.dims, output };
  if (type && type.kind !== 'tensor') throw bad(`'${behind}' is no tensor of numbers, so no element of it can be explained`);
  // Dims that depend on the data are seen when the model runs.
  if (!feeds) throw bad(`the dims of '${behind}' depend on the input, so its elements cannot be named before the model runs`);
  const tensor = (await model.run(feeds, [behind]))[behind]!;
  if (tensor.dtype === 'string') throw bad(`'${behind}' holds texts, so no element of it can be explained`);
  return { name: behind, dtype: tensor.dtype, dims: tensor.dims, output };
}

function named({ model, opened }: Pick<Prepared, 'model' | 'opened'>, name: string): string {
  const { nodes, initializers, inputs } = model.file.graph;
  if (model.outputs.some((port) => port.name === name)) return name;
  const weights = initializers.has(name) && !inputs.some((input) => input.name === name);
  if (weights) throw bad(`'${name}' is a weight, which does not depend on the input; expected an output or a value between the layers`);
  const node = nodes.find((candidate) => candidate.outputs.includes(name)) ?? nodes.find((candidate) => candidate.name === name && candidate.name !== '');
  if (node) return node.outputs.includes(name) ? name : node.outputs.find((value) => value !== '')!;
  const declared = opened.runnable.layers?.find((layer) => layer.name === name && layer.outputs.length > 0)?.outputs.at(-1);
  if (declared !== undefined) return declared;
  if (inputs.some((input) => input.name === name)) throw bad(`'${name}' is an input; expected an output or a value between the layers`);
  const close = nearest(name, [...model.outputs.map((port) => port.name), ...nodes.flatMap((one) => [...one.outputs, one.name])].filter((one) => one !== ''), 3);
  const there = close.length ? `names like it are ${[...new Set(close)].map((one) => `'${one}'`).join(', ')}` : `its outputs are ${model.outputs.map((port) => `'${port.name}'`).join(', ')}`;
  throw bad(`the model has no output or inner value '${name}'; ${there}`);
}

/** The scores an ArgMax chose the output from, if one did. */
export function beforeArgMax(model: LoadedModel, output: string): string | undefined {
  const { nodes } = model.file.graph;
  let value = output;
  for (let steps = 0; steps < 8; steps++) {
    const node = nodes.find((candidate) => candidate.outputs[0] === value);
    if (!node || node.domain !== '') return undefined;
    if (node.opType === 'ArgMax') return node.inputs[0];
    if (!passes.has(node.opType)) return undefined;
    value = node.inputs[0]!;
  }
  return undefined;
}
