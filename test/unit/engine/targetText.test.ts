/** `--target` as text, selections as numpy's, and regions of masks. */
import assert from 'node:assert/strict';
import { maskLayout, regionCells } from '../../../src/engine/targetRegion';
import { parseSelection, parseTarget, selectElements } from '../../../src/engine/targetText';

const range = (start?: number, stop?: number, step = 1) => ({ kind: 'range', step, ...(start !== undefined && { start }), ...(stop !== undefined && { stop }) });
const index = (at: number) => ({ kind: 'index', index: at });

describe('engine/targetText', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['281', { kind: 'class', name: '281' }],
    ['tabby, tabby cat', { kind: 'class', name: 'tabby, tabby cat' }],
    ["jack-o'-lantern", { kind: 'class', name: "jack-o'-lantern" }],
    ['281-207', { kind: 'difference', first: '281', second: '207' }],
    [' 281 - 207 ', { kind: 'difference', first: '281', second: '207' }],
    ['black-and-tan coonhound - beagle', { kind: 'difference', first: 'black-and-tan coonhound', second: 'beagle' }],
    ["'a - b' - \"c's\"", { kind: 'difference', first: 'a - b', second: "c's" }],
    ['y[0,5,-7]', { kind: 'element', selection: { value: 'y', axes: [index(0), index(5), index(-7)] } }],
    ['sum(/features/0/Conv_output_0)', { kind: 'sum', selection: { value: '/features/0/Conv_output_0' } }],
    ['mean(y:0[0, 3, :, 2:8])', { kind: 'mean', selection: { value: 'y:0', axes: [index(0), index(3), range(), range(2, 8)] } }],
    ["sum('odd [name], (x)'[..., ::2, -3:])", { kind: 'sum', selection: { value: 'odd [name], (x)', axes: [{ kind: 'ellipsis' }, range(undefined, undefined, 2), range(-3)] } }],
    ['region(mask, 15)', { kind: 'region', value: 'mask', class: '15' }],
    ["region('m', 'cat, grey', 0, -5, 10, 20)", { kind: 'region', value: 'm', class: 'cat, grey', box: [0, -5, 10, 20] }],
    ['similarity(embedding:0)', { kind: 'similarity', value: 'embedding:0' }],
  ];
  for (const [text, expected] of cases) it(`reads ${text}`, () => assert.deepEqual(parseTarget(text), expected));

  it('a whole label is that label, whatever it looks like', () => {
    const labels = ['cat - dog', 'sum(x)', '1-2', 'a[0]'];
    for (const label of labels) assert.deepEqual(parseTarget(label, (text) => labels.includes(text)), { kind: 'class', name: label });
    assert.deepEqual(parseTarget('a - b - c', (text) => ['a - b', 'c'].includes(text)), { kind: 'difference', first: 'a - b', second: 'c' });
  });

  it('several elements of one value, added up or multiplied', () => {
    const first = parseSelection('y[0,4]'), second = parseSelection("y[0,9]");
    assert.deepEqual(parseTarget('sum(y[0,4], y[0,9])'), { kind: 'sum', selection: first, more: [second] });
    assert.deepEqual(parseTarget('product(y[0,4]^0.6, y[0,9])'), { kind: 'product', selection: first, factors: [{ selection: first, exponent: 0.6 }, { selection: second, exponent: 1 }] });
    const named = parseTarget("product('a [b], c'[0,4], 'a [b], c'[0,9]^0.5)");
    assert.deepEqual(named.kind === 'product' && named.factors.map(({ selection, exponent }) => [selection.value, exponent]), [['a [b], c', 1], ['a [b], c', 0.5]]);
    assert.deepEqual(parseTarget('region(y, 1, 2, 3)'), { kind: 'region', value: 'y', class: '1', at: [2, 3] });
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /empty/], ['a - b - c', /2 minus signs.*281-207/], ['a -  - b', /minus/], ['sum()', /expected sum\(VALUE\)/], ['similarity()', /similarity\(VALUE\)/],
    ['y[]', /found '' in the brackets/], ['y[1.5]', /found '1\.5'/], ['y[0,a]', /found 'a'/], ['y[::-1]', /step of '::-1' is -1/], ['[0]', /name of an output/],
    ['region(y)', /found 1 arguments/], ['region(y, 1, 2, 3, 4)', /found 5 arguments/], ['product(y[0]^-1)', /found 'y\[0\]\^-1'/], ['product(y)', /expected elements as/], ['product(y[0], z[1])', /elements of 'y' and of 'z'/], ['sum(y[0], z[1])', /all of one value/], ['region(y, 1, 0, 0, 1.5, 2)', /'1\.5' is no whole number/], ['x'.repeat(5000), /5000 characters/],
    ['max(y[0])', /no 'max\(…\)'/],
  ];
  for (const [text, message] of wrong) it(`refuses ${text.slice(0, 30) || 'nothing'}`, () => assert.throws(() => parseTarget(text), { message }));

  it('selects as numpy does', () => {
    const dims = [1, 3, 4, 5], select = (text: string): number[] => [...selectElements(parseSelection(text), dims)];
    const all = Array.from({ length: 60 }, (_, at) => ({ at, c: Math.floor(at / 20), y: Math.floor(at / 5) % 4, x: at % 5 }));
    const where = (test: (cell: typeof all[number]) => boolean): number[] => all.filter(test).map(({ at }) => at);
    assert.deepEqual(select('v'), where(() => true));
    assert.deepEqual(select('v[0,2]'), where(({ c }) => c === 2));
    assert.deepEqual(select('v[0,-1,1:3,::2]'), where(({ c, y, x }) => c === 2 && (y === 1 || y === 2) && x % 2 === 0));
    assert.deepEqual(select('v[...,-2]'), where(({ x }) => x === 3));
    assert.deepEqual(select('v[:,:,2:99,-99:1]'), where(({ y, x }) => y >= 2 && x === 0));
    assert.throws(() => select('v[0,3]'), { message: "index 3 on axis 1 is out of bounds: 'v' has dims [1, 3, 4, 5]" });
    assert.throws(() => select('v[0,0,0,0,0]'), /5 indices.*at most 4.*\[1, 3, 4, 5\]/);
    assert.throws(() => select('v[0,2:2]'), /selects nothing.*\[1, 3, 4, 5\]/);
    assert.throws(() => select('v[...,...]'), /twice/);
  });

  it('finds the cells of a class in masks of either layout', () => {
    // 2 classes, 2 rows, 3 columns; class 1 wins in the last column.
    const first = Float32Array.of(5, 5, 0, 5, 5, 0, 1, 1, 9, 1, 1, 9), last = Float32Array.from({ length: 12 }, (_, at) => first[(at % 2) * 6 + Math.floor(at / 2)]!);
    const channelsFirst = { name: 'm', dims: [1, 2, 2, 3], values: first, labels: ['sky', 'cat'] }, channelsLast = { name: 'm', dims: [1, 2, 3, 2], values: last };
    assert.deepEqual([...regionCells(channelsFirst, 'cat').cells], [8, 11]);
    assert.deepEqual([...regionCells(channelsFirst, '1', { box: [0, 1, 2, 2] }).cells], [9, 10]);
    assert.deepEqual([...regionCells(channelsFirst, '0', { box: [-1, 0, 3, 1] }).cells], [2]);
    assert.deepEqual([...regionCells({ ...channelsLast, dims: [1, 20, 30, 2], values: undefined }, '1', { box: [0, 0, 2, 1] }).cells], [1, 3]);
    assert.deepEqual(maskLayout({ name: 'm', dims: [1, 513, 513, 21] }), { classes: 21, height: 513, width: 513, last: true });
    assert.throws(() => regionCells(channelsFirst, '0', { box: [0, 0, 4, 1] }), /3 cells wide and 2 high/);
    assert.throws(() => regionCells(channelsFirst, '2'), /class 2 was asked for, but output 'm' has 2 classes/);
    assert.throws(() => regionCells({ ...channelsFirst, values: first.map((value, at) => (at < 6 ? 9 : value - 9)) }, 'cat'), /cat wins nowhere.*0 'sky' 100\.0 %/);
    const margin = regionCells(channelsFirst, 'cat', { margin: true });
    assert.deepEqual([[...margin.cells], [...margin.others!]], [[8, 11], [2, 5]]);
    assert.deepEqual([[...regionCells(channelsFirst, 'cat', { at: [2, 1] }).cells], [...regionCells(channelsFirst, 'sky', { at: [0, 0] }).cells]], [[8, 11], [0, 1, 3, 4]]);
    assert.throws(() => regionCells(channelsFirst, 'cat', { at: [0, 0] }), /cat does not win at 0, 0/);
    assert.deepEqual([...regionCells({ name: 'm', dims: [1, 1, 2, 2], values: Float32Array.of(0.9, 0.2, 0.6, 0.5) }, '0').cells], [0, 2]);
  });
});
