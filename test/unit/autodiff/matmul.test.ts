import assert from 'node:assert/strict';
import { matmulRules } from '../../../src/autodiff/rules/matmul';
import { checkRule, vjpOf } from './checkRule';

const rules = matmulRules;

describe('autodiff: matrix products', () => {
  it('MatMul of batches that broadcast', () => checkRule((random) => {
    const [m, k, n] = [random.int(1, 4), random.int(1, 4), random.int(1, 4)];
    const batch = random.dims(random.int(0, 2), 3), other = random.broadcastable(batch);
    return { rules, opType: 'MatMul', inputs: random.bool() ? [{ dims: [...batch, m, k] }, { dims: [...other, k, n] }] : [{ dims: [...other, m, k] }, { dims: [...batch, k, n] }] };
  }, 16));
  it('MatMul with weights of rank 2', () => checkRule((random) => {
    const [m, k, n] = [random.int(1, 4), random.int(1, 4), random.int(1, 4)];
    return { rules, opType: 'MatMul', inputs: [{ dims: [...random.dims(random.int(1, 2), 3), m, k] }, { dims: [k, n] }] };
  }, 6));
  it('MatMul with vectors on either side or both', () => checkRule((random) => {
    const [m, k, n] = [random.int(1, 4), random.int(1, 4), random.int(1, 4)];
    const [a, b] = random.pick([[[k], [k]], [[k], [k, n]], [[m, k], [k]], [[2, m, k], [k]], [[k], [3, k, n]]]);
    return { rules, opType: 'MatMul', inputs: [{ dims: a! }, { dims: b! }] };
  }, 16));
  it('Gemm in every orientation, with each kind of C', () => checkRule((random) => {
    const [m, k, n] = [random.int(1, 4), random.int(1, 4), random.int(1, 4)], [transA, transB] = [random.int(0, 1), random.int(0, 1)];
    const c = random.pick([undefined, [], [1], [n], [1, n], [m, 1], [m, n]]);
    return {
      rules, opType: 'Gemm', attributes: { transA, transB, alpha: { float: random.float(0.5, 2) }, beta: { float: random.pick([1, 0.5]) } },
      inputs: [{ dims: transA ? [k, m] : [m, k] }, { dims: transB ? [n, k] : [k, n] }, ...(c ? [{ dims: c }] : [])],
    };
  }, 16));
  const equations: [string, (d: Record<string, number>) => number[][]][] = [
    ['ij,jk->ik', (d) => [[d.i!, d.j!], [d.j!, d.k!]]],
    ['bij,bjk->bik', (d) => [[d.b!, d.i!, d.j!], [d.b!, d.j!, d.k!]]],
    ['bhid,bhjd->bhij', (d) => [[d.b!, 2, d.i!, d.k!], [d.b!, 2, d.j!, d.k!]]],
    ['ij->ji', (d) => [[d.i!, d.j!]]],
    ['ij->i', (d) => [[d.i!, d.j!]]],
    ['ij,jk', (d) => [[d.i!, d.j!], [d.j!, d.k!]]],
    ['i,j->ij', (d) => [[d.i!], [d.j!]]],
    ['ij,k->i', (d) => [[d.i!, d.j!], [d.k!]]],
    ['...ij,...jk->...ik', (d) => [[d.b!, d.i!, d.j!], [1, d.j!, d.k!]]],
    ['bn,anm,bm->ba', (d) => [[d.b!, d.i!], [3, d.i!, d.j!], [d.b!, d.j!]]],
  ];
  for (const [equation, dims] of equations) {
    it(`Einsum ${equation}`, () => checkRule((random) => {
      const sizes = { b: random.int(1, 3), i: random.int(1, 4), j: random.int(1, 4), k: random.int(1, 4) };
      return { rules, opType: 'Einsum', attributes: { equation }, inputs: dims(sizes).map((d) => ({ dims: d })) };
    }));
  }
  it('Einsum over a diagonal is refused by name', async () => {
    await assert.rejects(vjpOf({ rules, opType: 'Einsum', attributes: { equation: 'ii->i' }, inputs: [{ dims: [2, 2] }] }), /Einsum 'underTest': its equation 'ii->i' takes a diagonal/);
  });
});
