/** The gradient of a model file as a second model file: the forward nodes it needs, and the backward ones. */
import type { Initializer, ModelFile, Node, ValueInfo } from '../graph/graph';
import type { ConstantReader } from '../graph/inference/infer';
import type { DType } from '../tensor/dtype';
import { GraphBuilder } from '../graph/builder';
import { portable } from '../graph/portable';
import { compositeOf, type CompositeSpec } from './composites';
import { ruleKey, type Primals } from './context';
import { differentiate } from './driver';
import { valueNames } from './flow';
import type { Dialect, RuleTable } from './rule';
import { standardRules } from './rules/index';
import { primalsOf, prune, specialise } from './specialise';
import { resolveTarget } from './targets';
import { appendCosine, appendProduct, seedAndScore, targetInputType, type TargetForm } from './targetScore';

export interface GradientSpec {
  /** The model as scanned. */
  readonly model: ModelFile;
  /** Static dims of every input (batch and picture size are written into the graph that runs). */
  readonly inputDims: Readonly<Record<string, readonly number[]>>;
  /** How many samples the inputs hold; default: what their first dims say. */
  readonly samples?: number;
  /** What is differentiated: a value's flattened [N, C] row, at an index, weighted or compared as given at run time. */
  readonly target: {
    /** An output, or an inner value. */
    readonly output: string;
    readonly space: 'logit' | 'probability' | 'output';
    /** Default: one element. */
    readonly form?: TargetForm;
  };
  /** Values to differentiate to: inputs or inner values. */
  readonly wrt: readonly string[];
  /** Further values to return. */
  readonly fetch?: readonly string[];
  readonly dialect?: Dialect;
  /** Rows that replace those of the standard table. */
  readonly rules?: RuleTable;
  /** Rules of single nodes that replace those of the table (guided, LRP, DeepLIFT, …). */
  readonly composite?: CompositeSpec;
  /** Content of small initializers that lie in files (see graph/inference/infer.ts). */
  readonly reader?: ConstantReader;
}

export interface GradientModel {
  /** Runnable: inputs of the model plus `targetInput`. */
  readonly model: ModelFile;
  /** Name of the input that says what of the rows is meant: int64 [N], an index for every sample, unless the form is another (see TargetForm). */
  readonly targetInput: string;
  /** Name of the float32 [N] output with the target's value. */
  readonly scoreOutput: string;
  /** Inner value [N, C]: what `targetInput` points into ([N, 1] for a cosine or a product). */
  readonly rows: string;
  /** Output names of the gradients, by `wrt` name. */
  readonly gradients: Readonly<Record<string, string>>;
  /** Output names of fetched values, by name. */
  readonly fetched: Readonly<Record<string, string>>;
  /** Output names of what the composite computes besides, by name. */
  readonly figures: Readonly<Record<string, string>>;
  /** Further inputs, for baselines, by the name of the input they stand for. */
  readonly referenceInputs: Readonly<Record<string, string>>;
}

/**
 * Builds the graph that computes target and gradients for one set of input dims.
 * @throws NotDifferentiable naming op, node and what to do, when a path cannot be differentiated.
 * @throws Error naming the option when a value does not exist or the output has no batch dim.
 */
export function buildGradientModel(spec: GradientSpec): GradientModel {
  const rules = spec.rules ? { ...standardRules, ...spec.rules } : standardRules;
  const { model, inference, opset } = specialise(spec.model, spec.inputDims, (key) => key in rules, spec.reader);
  const { graph } = model;
  const known = valueNames(graph);
  for (const name of [spec.target.output, ...spec.wrt, ...(spec.fetch ?? [])]) {
    if (!known.has(name)) throw new Error(`the model has no value '${name}'`);
  }

  const builder = new GraphBuilder(opset, 'lens/', known);
  const types = new Map<string, { dtype: DType; dims: readonly number[] }>();
  const inner = primalsOf(inference, graph);
  const primals: Primals = { type: (value) => types.get(value) ?? inner.type(value), constant: (value) => inner.constant(value) ?? wholeNumbers(builder.initializers.get(value)) };

  const { form = 'element' } = spec.target, targetInput = builder.fresh('target');
  const resolved = resolveTarget(spec.target.output, spec.target.space, { nodes: graph.nodes, primals, builder, types, inputDims: spec.inputDims, samples: spec.samples });
  const append = form === 'cosine' ? appendCosine : form === 'product' ? appendProduct : undefined;
  const target = append ? append(builder, types, resolved, targetInput) : resolved;
  const appended = builder.nodes.splice(0);
  const needed = prune(graph.nodes, graph.initializers, [target.value, ...appended.flatMap((node) => node.inputs), ...spec.wrt, ...(spec.fetch ?? [])]);
  const forward = [...needed.nodes.map((node) => withStatistics(node, builder, primals, types)), ...appended];

  const scored = append ? builder.constant([1], 'float32', [1, 1]) : targetInput;
  const { seed, rows, scoreOf } = seedAndScore(builder, target, scored, append ? 'weighted' : form);
  const score = scoreOf(target.value), dialect = spec.dialect ?? 'cpu';
  const composed = spec.composite && compositeOf(spec.composite)({ nodes: forward, inputs: graph.inputs, primals, builder, types, target, wrt: spec.wrt, rules, dialect });
  const cotangents = differentiate({
    nodes: forward, primals, builder, rules, dialect, target: target.value, wrt: [...new Set([...spec.wrt, ...(composed?.wrt ?? [])])],
    seed: composed?.seed?.(seed) ?? seed, ...(composed?.ruleOf && { ruleOf: (node) => composed.ruleOf?.(node) }),
  });

  const outputs: ValueInfo[] = [tensorInfo(score, 'float32', [target.batch])];
  const gradients: Record<string, string> = {}, fetched: Record<string, string> = {};
  for (const value of spec.wrt) {
    const cotangent = cotangents.get(value)!;
    const type = primals.type(value);
    const name = type && type.dtype !== 'float32' ? builder.cast(cotangent, 'float32') : builder.op('Identity', [cotangent]);
    gradients[value] = name;
    outputs.push(tensorInfo(name, 'float32', type?.dims));
  }
  const made = new Set(forward.flatMap((node) => node.outputs));
  for (const value of new Set(spec.fetch ?? [])) {
    // Inputs and weights cannot be outputs by themselves.
    const name = made.has(value) ? value : builder.op('Identity', [value]);
    fetched[value] = name;
    const type = primals.type(value);
    outputs.push(type ? tensorInfo(name, type.dtype, type.dims) : { name, type: inference.types.get(value) ?? { kind: 'unknown' } });
  }
  const figures: Record<string, string> = {};
  const computed = { ...composed?.figures?.(cotangents), ...(composed?.referenceTarget && { referenceScore: scoreOf(composed.referenceTarget) }) };
  for (const [name, value] of Object.entries(computed)) {
    figures[name] = builder.op('Identity', [value]);
    outputs.push(tensorInfo(figures[name], 'float32'));
  }
  const nodes = [...(composed?.nodes ?? forward), ...builder.nodes];
  const initializers = new Map<string, Initializer>([...needed.initializers, ...builder.initializers]);
  const chosen = targetInputType(form, resolved);
  const inputs = [...graph.inputs, ...(composed?.inputs ?? []), tensorInfo(targetInput, chosen.dtype, chosen.dims)];
  const live = prune(nodes, initializers, outputs.map((output) => output.name)), suited = dialect === 'portable' ? portable : (plain: ModelFile): ModelFile => plain;
  return {
    model: suited({
      ...model, irVersion: Math.max(model.irVersion, 8), functions: model.functions.filter((body) => live.nodes.some((node) => ruleKey(node) === ruleKey({ opType: body.name, domain: body.domain }))),
      graph: { ...graph, name: `${graph.name || 'model'} with gradient`, inputs, outputs, nodes: live.nodes, initializers: live.initializers },
    }),
    targetInput, scoreOutput: score, rows, gradients, fetched, figures, referenceInputs: composed?.referenceInputs ?? {},
  };
}

/** Content of a constant made here: the axes of nodes appended for the target. */
function wholeNumbers(constant: Initializer | undefined): readonly number[] | undefined {
  return constant?.kind === 'inline' && constant.dtype === 'int64' ? Array.from(new BigInt64Array(constant.bytes.slice().buffer), Number) : undefined;
}

/** A LayerNormalization that returns its mean and 1/deviation as well: its rule takes them from there. */
function withStatistics(node: Node, b: GraphBuilder, primals: Primals, types: Map<string, { dtype: DType; dims: readonly number[] }>): Node {
  if (node.domain !== '' || node.opType !== 'LayerNormalization') return node;
  const dims = primals.type(node.inputs[0]!)?.dims;
  if (!dims) return node;
  const attribute = node.attributes.get('axis'), given = attribute?.kind === 'int' ? Number(attribute.value) : -1;
  const axis = given < 0 ? given + dims.length : given;
  const kept = dims.map((dim, index) => (index < axis ? dim : 1));
  const outputs = [node.outputs[0]!, node.outputs[1] || b.fresh('mean'), node.outputs[2] || b.fresh('inverseDeviation')];
  // stash_type 1, the default and the only one in use: statistics are float32 whatever the values are.
  for (const name of outputs.slice(1)) types.set(name, { dtype: 'float32', dims: kept });
  return { ...node, outputs };
}

function tensorInfo(name: string, dtype: DType, dims?: readonly number[]): ValueInfo {
  return { name, type: dims ? { kind: 'tensor', dtype, dims } : { kind: 'tensor', dtype } };
}
