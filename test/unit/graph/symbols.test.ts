/** Random shape arithmetic: inferring with symbols and putting numbers in gives what inferring with numbers gives. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Dim, ModelFile, Node } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { feedsOf, inline, int64s, makeModel, node } from './nodeModel';
import type { Recipe } from './nodeModel';
import { runModel } from './run';

const symbols = ['batch', 'length', 'width'] as const;

interface Step { readonly kind: number; readonly a: number; readonly b: number; readonly c: number }
const step: fc.Arbitrary<Step> = fc.record({ kind: fc.nat(17), a: fc.nat(50), b: fc.nat(50), c: fc.integer({ min: -3, max: 5 }) });

/** Nodes over [1]-vectors and longer ones of int64, begun with the parts of Shape(x), and tensors made from them. */
function build(steps: readonly Step[]): { nodes: Node[]; vectors: string[]; tensors: string[] } {
  const nodes: Node[] = [node('Shape', ['x'], ['shape'])];
  const singles = symbols.map((_, axis) => {
    nodes.push(node('Slice', ['shape', `at${axis}`, `at${axis + 1}`], [`s${axis}`]));
    return `s${axis}`;
  });
  const vectors = ['shape'];
  const tensors: string[] = ['x'];
  steps.forEach(({ kind, a, b, c }, at) => {
    const name = `v${at}`, one = singles[a % singles.length]!, two = singles[b % singles.length]!;
    const vector = vectors[a % vectors.length]!, tensor = tensors[a % tensors.length]!;
    const constant = `k${c + 3}`;
    const single = (made: Node): void => { nodes.push(made); singles.push(name); };
    switch (kind) {
      case 0: single(node('Add', [one, two], [name])); break;
      case 1: single(node('Mul', [one, two], [name])); break;
      case 2: single(node('Sub', [one, two], [name])); break;
      case 3: single(node('Add', [one, constant], [name])); break;
      case 4: single(node('Mul', [one, constant], [name])); break;
      case 5: single(node('Div', [one, `k${Math.abs(c) + 4}`], [name])); break;
      case 6: single(node('Max', [one, two], [name])); break;
      case 7: single(node('Min', [one, two], [name])); break;
      case 8: nodes.push(node('Equal', [one, two], [`${name}c`]), node('Where', [`${name}c`, constant, one], [name])); singles.push(name); break;
      case 9: nodes.push(node('Less', [one, constant], [`${name}c`]), node('Where', [`${name}c`, one, two], [name])); singles.push(name); break;
      case 10: single(node('ReduceProd', [vector], [name], { keepdims: 1 })); break;
      case 11: single(node('Gather', [vector, 'last'], [name])); break;
      case 12: nodes.push(node('Concat', [one, two, singles[(a + b) % singles.length]!], [name], { axis: 0 })); vectors.push(name); break;
      case 13: nodes.push(node('ReduceProd', ['shape'], [`${name}p`], { keepdims: 1 }), node('Reshape', ['x', `${name}p`], [name])); tensors.push(name); break;
      case 14: nodes.push(node('Abs', [vector], [`${name}a`]), node('ConstantOfShape', [`${name}a`], [name])); tensors.push(name); break;
      case 15: nodes.push(node('Squeeze', [one], [`${name}q`]), node('Range', ['zero', `${name}q`, 'unit'], [name])); tensors.push(name); break;
      case 16: nodes.push(node('Concat', [one, 'minus'], [`${name}r`], { axis: 0 }), node('Reshape', [tensor, `${name}r`], [name])); tensors.push(name); break;
      default: nodes.push(node('Slice', [tensor, 'at0', one], [name])); tensors.push(name);
    }
  });
  return { nodes, vectors: [...vectors, ...singles], tensors };
}

const initializers = {
  ...Object.fromEntries([0, 1, 2, 3].map((at) => [`at${at}`, int64s(at)])), ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`k${at}`, int64s(at - 3)])),
  last: int64s(-1), minus: int64s(-1), zero: inline('int64', [], [0]), unit: inline('int64', [], [1]),
};

/** The number a dim stands for; undefined when nothing is said. */
function valueOf(dim: Dim, numbers: Readonly<Record<string, number>>): number | undefined {
  if (typeof dim === 'number') return dim;
  if (dim === null) return undefined;
  return dim.split(' + ').reduce((sum, term) => sum + term.split('*').reduce((product, factor) => {
    const value = /^\d+$/.test(factor) ? Number(factor) : numbers[factor];
    assert.ok(value !== undefined, `'${dim}' names '${factor}', which is no symbol of the model`);
    return product * value;
  }, 1), 0);
}

describe('symbols in shape arithmetic', function () {
  this.timeout(120_000);

  it('mean what the numbers give', () => {
    let known = 0;
    fc.assert(fc.property(fc.array(step, { minLength: 2, maxLength: 14 }), fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 3 }), (steps, sizes) => {
      const { nodes, tensors, vectors } = build(steps);
      const recipe: Recipe = { opset: 17, inputs: { x: { dims: sizes } }, initializers, outputs: [], nodes };
      const model: ModelFile = makeModel(recipe, () => [...symbols]);
      const numbers = Object.fromEntries(symbols.map((name, axis) => [name, sizes[axis]!]));
      const symbolic = inferShapes(model), numeric = inferShapes(model, { x: sizes });
      for (const name of tensors) {
        const open = symbolic.types.get(name), real = numeric.types.get(name);
        if (open?.kind !== 'tensor' || open.dims === undefined || real?.kind !== 'tensor' || real.dims === undefined) continue;
        assert.equal(open.dims.length, real.dims.length, name);
        open.dims.forEach((dim, axis) => {
          const value = valueOf(dim, numbers);
          if (value === undefined || typeof real.dims![axis] !== 'number') return;
          known++;
          assert.equal(value, real.dims![axis], `${name} axis ${axis}: '${dim}' for ${JSON.stringify(numbers)} in ${nodes.map(({ opType, inputs }) => `${opType}(${inputs.join()})`).join(' ')}`);
        });
      }
      for (const name of vectors) {
        const open = symbolic.constants.get(name), real = numeric.constants.get(name);
        if (open !== undefined && real !== undefined) assert.deepEqual(open, real, name);
      }
    }), { numRuns: 6000 });
    assert.ok(known > 3000, `only ${known} dims were compared`);
  });

  it('inferred content is what ONNX Runtime computes', async () => {
    let compared = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }), async (steps, sizes) => {
      const { nodes, vectors, tensors } = build(steps);
      const inner = [...new Set([...vectors, ...tensors.slice(1)])];
      const recipe: Recipe = { opset: 17, inputs: { x: { dims: sizes } }, initializers, outputs: inner, nodes };
      const model = makeModel(recipe);
      let real;
      try { real = await runModel(model, feedsOf(recipe)); } catch { return; }
      const { types, constants } = inferShapes(makeModel(recipe, () => [...symbols]), { x: sizes });
      for (const name of inner) {
        const content = constants.get(name), type = types.get(name);
        if (content !== undefined) {
          compared++;
          assert.deepEqual(content, Array.from(real[name]!.data as ArrayLike<bigint>).map(Number), name);
        }
        assert.ok(type?.kind === 'tensor');
        type.dims?.forEach((dim, axis) => { if (typeof dim === 'number') assert.equal(dim, real[name]!.dims[axis], name); });
      }
    }), { numRuns: 250 });
    assert.ok(compared > 500, `only ${compared} contents were compared`);
  });
});
