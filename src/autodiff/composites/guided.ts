/** Guided backpropagation and the deconvolutional network: other rules for rectifiers, the rest is the gradient. */
import type { Node } from '../../graph/graph';
import type { Rule } from '../rule';
import { ruleKey } from '../context';
import type { Composed, CompositeContext } from './composite';

/** Units that are zero (or almost) for negative inputs and the identity for positive ones. */
const rectifiers: ReadonlySet<string> = new Set(['Relu', 'LeakyRelu', 'PRelu', 'ThresholdedRelu']);

/** Whether a node is a rectifier: also ReLU6 (a Clip from 0) and max(x, 0). */
export function isRectifier(node: Node, constant: (value: string) => readonly number[] | undefined): boolean {
  const key = ruleKey(node);
  if (rectifiers.has(key)) return true;
  const zero = (value: string | undefined): boolean => !!value && (constant(value)?.every((number) => number === 0) ?? false);
  if (key === 'Clip') return zero(node.inputs[1]);
  return key === 'Max' && node.inputs.length === 2 && node.inputs.some(zero);
}

/**
 * `guided`: x̄ = max(0, gradient), the gradient's own mask included (Springenberg et al. 2014, arXiv 1412.6806).
 * `deconvnet`: x̄ = max(0, g) without the mask (Zeiler, Fergus 2013, arXiv 1311.2901).
 * The figure `rectifiers` counts how many there were.
 */
export function guided(kind: 'guided' | 'deconvnet') {
  return (context: CompositeContext): Composed => {
    const constant = (value: string): readonly number[] | undefined => context.primals.constant(value);
    const found = new Set(context.nodes.filter((node) => isRectifier(node, constant)));
    const rectified = (standard: Rule): Rule => ({
      broadcasts: standard.broadcasts,
      vjp: (c) => {
        const cotangents = kind === 'guided' ? standard.vjp(c) : c.node.inputs.map((_, index) => (c.wants(index) ? c.g : undefined));
        return cotangents.map((cotangent) => cotangent && c.b.op('Relu', [cotangent]));
      },
    });
    return {
      ruleOf: (node) => {
        const standard = found.has(node) ? context.rules[ruleKey(node)] : undefined;
        return standard && rectified(standard);
      },
      figures: () => ({ rectifiers: context.builder.constant([found.size], 'float32', [1]) }),
    };
  };
}
