/** Layer-wise relevance propagation: which rule each node gets, and what flows in at the target. */
import type { Node } from '../../graph/graph';
import { ruleKey } from '../context';
import type { Rule, RuleContext } from '../rule';
import { range } from '../rules/helpers';
import type { Composed, CompositeContext } from './composite';
import { inputDependent } from './depends';
import { findLinearLayers, type LinearLayer } from './linearLayers';
import { alphaBetaRule, boxRule, epsilonRule, flatRule, gammaRule, zPlusRule, type LinearRule, type LrpLayer, type LrpNumbers } from './lrpLinear';
import { lrpRow } from './lrpTable';

export const lrpComposites = ['epsilon-plus', 'epsilon-plus-flat', 'epsilon-gamma-box', 'epsilon', 'alpha2-beta1', 'alpha2-beta1-flat', 'z-plus', 'gamma'] as const;
export type LrpComposite = (typeof lrpComposites)[number];

export interface LrpSpec extends LrpNumbers {
  readonly composite: LrpComposite;
  /** For `epsilon-gamma-box`: the least and greatest values of the input, one number or one per channel. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  /** Axis of the input along which `low` and `high` lie, where they are several. */
  readonly channelAxis?: number;
}

interface Recipe { readonly convolution: LinearRule; readonly linear: LinearRule; readonly first?: 'flat' | 'box' }

/** Composites as zennit names them: by the rule of dense layers, of convolutions and of the first layer. */
const recipes: Readonly<Record<LrpComposite, Recipe>> = {
  epsilon: { convolution: epsilonRule, linear: epsilonRule },
  'epsilon-plus': { convolution: zPlusRule, linear: epsilonRule },
  'epsilon-plus-flat': { convolution: zPlusRule, linear: epsilonRule, first: 'flat' },
  'epsilon-gamma-box': { convolution: gammaRule, linear: epsilonRule, first: 'box' },
  'alpha2-beta1': { convolution: alphaBetaRule(2, 1), linear: epsilonRule },
  'alpha2-beta1-flat': { convolution: alphaBetaRule(2, 1), linear: epsilonRule, first: 'flat' },
  'z-plus': { convolution: zPlusRule, linear: zPlusRule },
  gamma: { convolution: gammaRule, linear: gammaRule },
};

/**
 * The rules of a composite. The relevance that flows in is the target's own value.
 * Figure `absorbed`: how much of it biases took, [1] (only where one sample is run).
 */
export function lrp(spec: LrpSpec) {
  return (context: CompositeContext): Composed => {
    const { nodes, primals, builder: b, target, rules } = context;
    const depends = inputDependent(nodes, context.inputs.map(({ name }) => name));
    const { layers, merged } = findLinearLayers(nodes, depends, new Set([target.value, ...context.wrt]), primals, b, rules);
    const before = preparing(nodes, context.wrt, depends, layers);
    const fades = fading(nodes, target.value, layers, depends);
    const recipe = recipes[spec.composite], absorbed: string[] = [];

    const linear = (layer: LinearLayer): Rule => ({
      vjp: (c) => {
        const first = before.has(layer.x) || context.wrt.includes(layer.x);
        const { relevance, absorbed: taken } = ruleFor(layer, first)(c, withOutput(layer, fades), spec);
        if (target.batch === 1) for (const [bias, s] of taken) absorbed.push(weighed(c, bias, s, layer.channelAxis));
        return [0, 1].map((index) => (index === layer.data ? relevance : undefined));
      },
    });
    const ruleFor = (layer: LinearLayer, first: boolean): LinearRule => {
      if (first && recipe.first === 'flat') return flatRule;
      if (first && recipe.first === 'box' && layer.kind === 'convolution') {
        return boxRule((value) => atBound(context, before, value, spec, 'low'), (value) => atBound(context, before, value, spec, 'high'));
      }
      return recipe[layer.kind];
    };
    return {
      ruleOf: (node) => {
        const layer = layers.get(node);
        if (layer) return linear(layer);
        return merged.has(node) ? passOn : lrpRow(node, rules, spec.epsilon, before.has(node.outputs[0]!));
      },
      seed: (oneHot) => b.op('Mul', [oneHot, target.value]),
      figures: (): Readonly<Record<string, string>> => (target.batch === 1 ? { absorbed: total(context, absorbed) } : {}),
    };
  };
}

/** A constant that was merged into the layer before it. */
const passOn: Rule = { vjp: (c) => c.node.inputs.map((_, index) => (c.wants(index) ? c.g : undefined)) };

/** Σ bias · s, a scalar. */
function weighed(c: RuleContext, bias: string, s: string, channelAxis: number): string {
  const rank = c.dims(c.node.outputs[0]!).length, summed = c.b.reduce('ReduceSum', s, range(rank).filter((axis) => axis !== channelAxis), false);
  return c.b.reduce('ReduceSum', c.b.op('Mul', [summed, bias]), undefined, false);
}

function total({ builder: b }: CompositeContext, parts: readonly string[]): string {
  if (parts.length === 0) return b.constant([0], 'float32', [1]);
  return b.reshape(b.cast(parts.reduce((sum, part) => b.op('Add', [sum, part])), 'float32'), [1]);
}

/**
 * Values between what is explained and the first linear layers: copies of it and its affine forms (scaled to 0…1, the
 * mean taken off), by the node that makes each.
 */
function preparing(nodes: readonly Node[], wrt: readonly string[], depends: ReadonlySet<string>, layers: ReadonlyMap<Node, LinearLayer>): Map<string, Node> {
  const found = new Map<string, Node>();
  const known = (value: string): boolean => wrt.includes(value) || found.has(value);
  for (const node of nodes) {
    const moving = node.inputs.filter((input) => depends.has(input));
    if (layers.has(node) || moving.length !== 1 || node.outputs.length !== 1 || !known(moving[0]!)) continue;
    if (affineOps.has(ruleKey(node))) found.set(node.outputs[0]!, node);
  }
  return found;
}

const affineOps: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'BatchNormalization', 'Neg', 'Cast', 'Identity', 'Dropout', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Pad', 'Slice', 'Gather', 'DepthToSpace', 'SpaceToDepth']);

/** `value` as it would be for an input at its lower or upper bound; a decreasing preparation changes the two round. */
function atBound(context: CompositeContext, before: ReadonlyMap<string, Node>, value: string, spec: LrpSpec, which: 'low' | 'high'): string {
  const { builder: b } = context;
  const ends = [spec.low, spec.high].map((numbers, index) => prepared(context, before, value, spec, numbers ?? [index], new Map()));
  return b.op(which === 'low' ? 'Min' : 'Max', ends);
}

function prepared(context: CompositeContext, before: ReadonlyMap<string, Node>, value: string, spec: LrpSpec, numbers: readonly number[], done: Map<string, string>): string {
  const { builder: b } = context, known = done.get(value), node = before.get(value);
  if (known) return known;
  let result = value;
  if (node) {
    const inputs = node.inputs.map((input) => (input === '' ? '' : prepared(context, before, input, spec, numbers, done)));
    result = b.fresh('bound');
    b.nodes.push({ ...node, name: result, inputs, outputs: [result] });
  } else if (context.wrt.includes(value)) {
    const { dtype, dims } = context.primals.type(value) ?? { dtype: 'float32' as const, dims: undefined };
    if (!dims) throw new Error(`the dims of '${value}' are not known, so its range cannot be written down`);
    const axis = spec.channelAxis ?? 1, shape = dims.map((_, index) => (index === axis && numbers.length > 1 ? numbers.length : 1));
    if (numbers.length > 1 && numbers.length !== dims[axis]) throw new Error(`the range of '${value}' has ${numbers.length} numbers, expected 1 or ${dims[axis]}, one for each channel`);
    result = b.expand(b.constant(numbers, dtype, shape), dims);
  }
  done.set(value, result);
  return result;
}

/**
 * Layer outputs that only a rectifier reads, whose zeros get no relevance from anything behind it: every rule there
 * multiplies by the value. Their negative side need not be looked at, and the rectifier's output says all.
 */
function fading(nodes: readonly Node[], target: string, layers: ReadonlyMap<Node, LinearLayer>, depends: ReadonlySet<string>): (end: string) => { y: string; onlyPositive: boolean } {
  const consumers = new Map<string, Node[]>();
  for (const node of nodes) for (const input of new Set(node.inputs)) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  const known = new Map<string, boolean>();
  const fades = (value: string): boolean => {
    const before = known.get(value);
    if (before !== undefined) return before;
    known.set(value, (consumers.get(value) ?? []).every((node) => {
      const key = ruleKey(node);
      if (layers.has(node)) return true;
      if (weighing.has(key)) return node.inputs.every((input) => depends.has(input));
      if (averaging.has(key)) return true;
      return keepingZero.has(key) && node.outputs.every((output) => output === '' || fades(output));
    }));
    return known.get(value)!;
  };
  return (end) => {
    const [node, ...others] = consumers.get(end) ?? [];
    if (end === target || !node || others.length > 0) return { y: end, onlyPositive: false };
    const out = node.outputs[0]!, key = ruleKey(node);
    if (key === 'Relu' && fades(out)) return { y: out, onlyPositive: true };
    return { y: end, onlyPositive: false };
  };
}

const weighing: ReadonlySet<string> = new Set(['Add', 'Sub', 'Sum', 'MatMul', 'Einsum']);
const averaging: ReadonlySet<string> = new Set(['AveragePool', 'GlobalAveragePool', 'ReduceMean', 'ReduceSum', 'Resize']);
const keepingZero: ReadonlySet<string> = new Set(['Relu', 'MaxPool', 'GlobalMaxPool', 'Concat', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity', 'Dropout', 'Slice', 'Split', 'Pad', 'Cast']);

function withOutput(layer: LinearLayer, fades: (end: string) => { y: string; onlyPositive: boolean }): LrpLayer {
  return { ...layer, ...fades(layer.end) };
}
