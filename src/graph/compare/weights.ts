/** Weights of two layers by how far they are apart: ‖b − a‖ / ‖a‖, streamed in pieces. */
import { elementCount } from '../../tensor/tensor';
import { isFloat } from '../../tensor/dtype';
import type { Graph, Initializer, Node } from '../graph';
import { attrFloat, attrTensor, initializerType } from '../graph';
import { subgraphsOf } from '../indexes';
import { arranged, squeezed } from './changes';
import { Constants, held, permuted, readAll, scaled, type Numbers, type ReadStored } from './constants';
import type { Element, Elements } from './elements';
import type { WeightInput } from './roles';
import type { WeightChange } from './types';

const piece = 2 ** 18;

/** What of one side is compared: an element, what it absorbed, and its model. */
export interface WeightSide {
  readonly elements: Elements;
  readonly constants: Constants;
  readonly element: Element;
  /** A bias added behind it, and a normalisation that the other side has folded in. */
  readonly bias?: Element;
  readonly norm?: Element;
}

export function constantsOf(elements: Elements, read: ReadStored): Constants {
  return new Constants(elements.side.model.graph, read, (name) => elements.frame.dims(name));
}

interface Pair { readonly role: string; readonly a: Numbers | undefined; readonly b: Numbers | undefined; readonly count: number }

/** Elements that comparing two layers reads. */
export function weightWork(a: WeightSide, b: WeightSide): number {
  return roles(a, b).reduce((sum, role) => sum + elementCount(dimsOf(a, role) ?? dimsOf(b, role) ?? [0]), 0);
}

/** @param advance told after each piece how many elements were compared; throws to stop. */
export async function compareWeights(a: WeightSide, b: WeightSide, advance: (elements: number) => void): Promise<WeightChange[]> {
  const changes: WeightChange[] = [];
  for (const pair of pairs(a, b)) changes.push(await comparePair(pair, advance));
  return changes;
}

const inputFor = (side: WeightSide, role: string): WeightInput | undefined =>
  side.element.weights.find((weight) => weight.role === role) ?? (role === 'bias' ? side.bias?.weights[0] : undefined);
const dimsOf = (side: WeightSide, role: string): readonly number[] | undefined => { const input = inputFor(side, role); return input && arranged(input.dims, input.perm); };

/** Roles that both have. Elementwise constants have one role each way round. */
function roles(a: WeightSide, b: WeightSide): string[] {
  const own = (side: WeightSide): Set<string> => new Set([...side.element.weights.map(({ role }) => role), ...(side.bias || side.norm ? ['bias'] : [])]);
  const inB = own(b);
  return [...own(a)].filter((role) => inB.has(role));
}

/** Two forms of one normalisation, compared by what they do. */
const otherForm = (a: WeightSide, b: WeightSide): boolean => a.element.opClass === 'BatchNormalization' && a.element.type !== b.element.type;

function pairs(a: WeightSide, b: WeightSide): Pair[] {
  return [...ownPairs(a, b), ...innerPairs(a, b)];
}

/** Tensors inside the graphs of If, Loop and Scan, where both have the same ones in the same order. */
function innerPairs(a: WeightSide, b: WeightSide): Pair[] {
  const before = innerTensors(a.element.node), after = innerTensors(b.element.node);
  if (before.length !== after.length) return before.length > 0 && after.length > 0 ? [{ role: 'graphs inside', a: undefined, b: undefined, count: 0 }] : [];
  return before.map(({ name, init }, at): Pair => ({ role: `inside: ${name}`, a: a.constants.leaf(init), b: b.constants.leaf(after[at]!.init), count: 0 }));
}

function innerTensors(node: Node | undefined): { readonly name: string; readonly init: Initializer }[] {
  const found: { readonly name: string; readonly init: Initializer }[] = [];
  const visit = (graph: Graph): void => {
    for (const [name, init] of graph.initializers) if (isFloat(initializerType(init).dtype)) found.push({ name, init });
    for (const inner of graph.nodes) {
      const value = inner.opType === 'Constant' ? attrTensor(inner, 'value') : undefined;
      if (value && isFloat(initializerType(value).dtype)) found.push({ name: inner.outputs[0] ?? inner.name, init: value });
      for (const graphInside of subgraphsOf(inner)) visit(graphInside);
    }
  };
  if (node) for (const graph of subgraphsOf(node)) visit(graph);
  return found;
}

function ownPairs(a: WeightSide, b: WeightSide): Pair[] {
  if (otherForm(a, b)) {
    const before = affineOf(a.constants, a.element), after = affineOf(b.constants, b.element);
    return [{ role: 'scale', a: before?.factor, b: after?.factor, count: 0 }, { role: 'shift', a: before?.shift, b: after?.shift, count: 0 }];
  }
  return roles(a, b).map((role): Pair => {
    const before = numbersFor(a, role), after = numbersFor(b, role);
    const first = inputFor(a, role), second = inputFor(b, role);
    const count = elementCount(dimsOf(a, role) ?? dimsOf(b, role) ?? [0]);
    // Both stored alike, whatever the order: no need to turn either.
    const alike = String(first?.perm) === String(second?.perm);
    return { role, a: alike ? before : turned(before, first), b: alike ? after : turned(after, second), count };
  });
}

const turned = (numbers: Numbers | undefined, input: WeightInput | undefined): Numbers | undefined => numbers && input?.perm ? permuted(numbers, input.perm) : numbers;

/** A weight as the layer uses it: dequantised, with a folded normalisation applied. */
function numbersFor(side: WeightSide, role: string): Numbers | undefined {
  const { constants, norm } = side;
  const input = inputFor(side, role);
  if (input?.packed) return undefined;
  let numbers = input && constants.numbers(input.value);
  if (input && numbers && (input.scales?.length || input.zero !== undefined)) {
    const scales = (input.scales ?? []).map((name) => constants.numbers(name)), zero = input.zero === undefined ? undefined : constants.numbers(input.zero);
    if (scales.includes(undefined) || (input.zero !== undefined && !zero)) return undefined;
    numbers = scaled(numbers, scales as Numbers[], zero, input.axis ?? 0);
  }
  if (!norm || (role !== 'weight' && role !== 'bias')) return numbers;
  return normalised(side, norm, role, numbers);
}

/** W · factor along the output channels, and bias · factor + shift: what a normalisation behind the layer makes of its weights. */
function normalised({ constants, element }: WeightSide, norm: Element, role: string, numbers: Numbers | undefined): Numbers | undefined {
  const parts = affineOf(constants, norm);
  if (!parts) return undefined;
  if (role === 'weight') return numbers && scaled(numbers, [parts.factor], undefined, element.opClass === 'Conv' ? 0 : numbers.dims.length - 1);
  const zeros: Numbers = { dims: parts.factor.dims, read: (_, count) => Promise.resolve(new Float32Array(count)) };
  return scaled(numbers ?? zeros, [parts.factor], undefined, 0, parts.shift);
}

/** A normalisation as y = x · factor + shift: γ/√(σ² + ε) and β − μ · factor, or the two constants it is written with. */
function affineOf(constants: Constants, norm: Element): { readonly factor: Numbers; readonly shift: Numbers } | undefined {
  const part = (name: string): Numbers | undefined => { const input = norm.weights.find((weight) => weight.role === name); return input && constants.numbers(input.value); };
  const gamma = part('scale'), beta = part('bias'), mean = part('mean'), variance = part('variance');
  if (!gamma || !beta) return undefined;
  const dims = [elementCount(gamma.dims)];
  if (norm.type !== 'BatchNormalization') return { factor: { dims, read: gamma.read }, shift: { dims: [elementCount(beta.dims)], read: beta.read } };
  if (!mean || !variance) return undefined;
  const epsilon = norm.node ? attrFloat(norm.node, 'epsilon', 1e-5) : 1e-5;
  const factor = held(dims, async () => { const [g, v] = await Promise.all([readAll(gamma), readAll(variance)]); return g.map((value, c) => value / Math.sqrt(v[c]! + epsilon)); });
  return { factor, shift: held(dims, async () => { const [f, b, m] = await Promise.all([readAll(factor), readAll(beta), readAll(mean)]); return b.map((value, c) => value - m[c]! * f[c]!); }) };
}

async function comparePair({ role, a, b, count }: Pair, advance: (elements: number) => void): Promise<WeightChange> {
  const unknown: WeightChange = { role, relativeError: null, maximum: null };
  if (!a || !b || String(squeezed(a.dims)) !== String(squeezed(b.dims)) && !(isFlat(a) && isFlat(b) && elementCount(a.dims) === elementCount(b.dims))) {
    advance(count);
    return unknown;
  }
  let difference = 0, norm = 0, maximum = 0;
  const total = elementCount(a.dims);
  for (let start = 0; start < total; start += piece) {
    const size = Math.min(piece, total - start);
    const [before, after] = [await a.read(start, size), await b.read(start, size)];
    for (let i = 0; i < size; i++) {
      const x = before[i]!, y = after[i]!;
      // Equal infinities and NaNs on both sides differ in nothing.
      const apart = Object.is(x, y) ? 0 : y - x;
      difference += apart * apart;
      norm += x * x;
      if (!(Math.abs(apart) <= maximum)) maximum = Math.abs(apart);
    }
    advance(size);
  }
  return { role, relativeError: difference === 0 ? 0 : Math.sqrt(difference / norm), maximum };
}

/** One axis that is longer than 1, or none. */
const isFlat = ({ dims }: Numbers): boolean => squeezed(dims).length <= 1;
