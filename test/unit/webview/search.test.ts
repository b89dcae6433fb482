import assert from 'node:assert/strict';
import { Connections } from '../../../src/webview/model/connections';
import { parseQuery } from '../../../src/webview/model/search/query';
import { search } from '../../../src/webview/model/search/search';
import { SearchIndex } from '../../../src/webview/model/search/searchIndex';
import { best, graphOf, layerOf, type NodeSpec } from './graphs';

const families: Readonly<Record<string, string>> = { Conv: 'conv', MaxPool: 'pool' };

/** A chain of nodes 'name:Type'. */
const chain = (...specs: readonly string[]): SearchIndex => index(specs.map((spec) => ({ name: spec.split(':')[0]!, opType: spec.split(':')[1]! })), specs.slice(1).map((_, at) => [at, at + 1]));

function index(nodes: readonly NodeSpec[], edges: readonly (readonly [number, number])[]): SearchIndex {
  return new SearchIndex(new Connections(graphOf(nodes.map((node) => ({ family: families[node.opType] ?? 'other', ...node })), edges)), []);
}

/** Names of what the matches begin with. */
function names(where: SearchIndex, query: string): string[] | undefined {
  return search(where, query)?.starts.map((start) => where.entries[start]!.text.split('\n')[0]!);
}

describe('the search query', () => {
  it('is words, dims, and steps between arrows of any spelling', () => {
    assert.deepEqual(parseQuery('conv 64')[0]!.words.map(({ text, dims }) => [text, dims]), [['conv', undefined], ['64', ['64']]]);
    for (const dims of ['1x64x56', '1×64×56', '1 × 64 × 56', '1,64,56', '[1, 64, 56]', '1 x 64 x 56']) assert.deepEqual(parseQuery(dims)[0]!.words.map((word) => word.dims), [['1', '64', '56']], dims);
    for (const arrow of ['→', '->', '>', '=>', ' → ']) assert.deepEqual(parseQuery(`MatMul${arrow}Softmax${arrow}MatMul`).map(({ words }) => words[0]!.text), ['matmul', 'softmax', 'matmul'], arrow);
    assert.deepEqual(parseQuery('a → … → b → * → c').map(({ words, gap }) => [words.map(({ text }) => text).join(), gap]), [['a', 0], ['b', 8], ['', 0], ['c', 0]]);
    assert.deepEqual(parseQuery('"a name with spaces" conv')[0]!.words.map(({ text }) => text), ['a name with spaces', 'conv']);
  });

  it('is nothing while it is empty, and what there is while it is being typed', () => {
    for (const nothing of ['', '  ', '→', '*', '… →']) assert.deepEqual(parseQuery(nothing), [], nothing);
    assert.equal(parseQuery('MatMul →').length, 1);
  });

  it('reads no dims into names', () => {
    for (const name of ['maxpool', 'squeeze1x1', 'conv', 'layer1.0']) assert.equal(parseQuery(name)[0]!.words[0]!.dims?.length, name === 'squeeze1x1' ? 2 : undefined, name);
    assert.deepEqual(names(chain('squeeze1x1:Conv', 'expand3x3:Conv'), 'squeeze1x1'), ['squeeze1x1']);
  });
});

describe('a search', () => {
  const network = index([
    { name: 'data', opType: 'Input', kind: 'input', outputDims: [[1, 3, 224, 224]] },
    { name: 'fire2/conv', opType: 'Conv', detail: '3×3 / 2, 64', outputDims: [[1, 64, 56, 56]] },
    { name: 'fire2/relu', opType: 'Relu', outputDims: [[1, 64, 56, 56]] },
    { name: 'last', opType: 'Conv', detail: '1×1, 640', outputDims: [['N', 640, 3, 3]] },
    { name: 'pool', opType: 'MaxPool', detail: '3×3 / 2', outputDims: [['N', 640, 1, 1]] },
    { name: 'up', opType: 'ConvTranspose', detail: '2×2', outputDims: [['N', 1, 6, 6]] },
  ], [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]);

  it('finds words in names and types, all of them', () => {
    assert.deepEqual(names(network, 'conv'), ['fire2/conv', 'last', 'up']);
    assert.deepEqual(names(network, 'Conv'), ['fire2/conv', 'last'], 'a type as it is spelt means that type');
    assert.deepEqual(names(network, 'fire2 relu'), ['fire2/relu']);
    assert.deepEqual(names(network, 'fire9'), []);
    assert.equal(names(network, ' '), undefined);
  });

  it('finds dims of inputs and outputs by whole numbers, any dim by ?', () => {
    assert.deepEqual(names(network, '1x64x56x56'), ['fire2/conv', 'fire2/relu', 'last']);
    assert.deepEqual(names(network, '64x56'), ['fire2/conv', 'fire2/relu', 'last']);
    assert.deepEqual(names(network, '64'), ['fire2/conv', 'fire2/relu', 'last'], 'not 640');
    assert.deepEqual(names(network, 'conv 64'), ['fire2/conv', 'last']);
    assert.deepEqual(names(network, '64x5'), []);
    assert.deepEqual(names(network, '?x640x?x?'), ['last', 'pool', 'up']);
    assert.deepEqual(names(network, 'n×640×3×3'), ['last', 'pool']);
  });

  it('finds windows: Conv 3x3 is no 1×1 convolution of a 3×3 map', () => {
    assert.deepEqual(names(network, 'Conv 3x3'), ['fire2/conv']);
    assert.deepEqual(names(network, '3x3'), ['fire2/conv', 'pool']);
    assert.deepEqual(names(network, 'Conv 3x3 → Relu'), ['fire2/conv']);
  });

  it('finds layers that have no node', () => {
    const layers = [layerOf('inner', 'Functional')];
    const found = new SearchIndex(new Connections(graphOf([], [])), layers);
    assert.deepEqual(search(found, 'functional')!.starts.map((start) => found.entries[start]!.key), ['layer:0']);
  });

  it('finds nodes in subgraphs', () => {
    const inner = graphOf([{ name: 'deep', opType: 'Gru' }], []);
    const found = index([{ name: 'if', opType: 'If', subgraphs: [{ name: 'then_branch', view: inner }] }], []);
    assert.deepEqual(names(found, 'deep'), ['deep']);
  });
});

describe('a sequence', () => {
  const attention = chain('q:MatMul', 's:Softmax', 'v:MatMul', 'p:Add', 'q2:MatMul', 'd:Div', 's2:Softmax', 'v2:MatMul', 'end/MatMul:Identity');

  it('is matched along edges, type by type', () => {
    assert.deepEqual(names(attention, 'MatMul → Softmax → MatMul'), ['q']);
    assert.deepEqual(names(attention, 'matmul > identity'), ['v2']);
    assert.deepEqual(names(attention, 'Softmax -> Softmax'), []);
    const found = search(attention, 'MatMul → Softmax → MatMul')!;
    assert.deepEqual(found.match(0), [0, 1, 2]);
    assert.deepEqual(found.entries, [0, 1, 2]);
  });

  it('leaves room where asked: * one node, … up to eight', () => {
    assert.deepEqual(names(attention, 'MatMul → * → Softmax'), ['q2']);
    assert.deepEqual(names(attention, 'MatMul → … → Softmax → MatMul'), ['q', 'v', 'q2']);
    assert.deepEqual(search(attention, 'Add → … → Identity')!.match(0), [3, 8]);
    const long = chain('a:Start', ...Array.from({ length: 9 }, (_, at) => `n${at}:Relu`), 'z:End');
    assert.deepEqual(names(long, 'Start → … → End'), [], 'nine nodes are too many');
    assert.deepEqual(names(long, 'Relu → … → End')!.length, 9);
  });

  it('follows branches: each beginning counts once, all nodes of all ways are found', () => {
    const branches = index([
      { name: 'a', opType: 'Split' }, { name: 'b', opType: 'Relu' }, { name: 'c', opType: 'Relu' }, { name: 'd', opType: 'Add' }, { name: 'e', opType: 'Relu' },
    ], [[0, 1], [0, 2], [1, 3], [2, 3], [0, 4]]);
    const found = search(branches, 'Split → Relu → Add')!;
    assert.equal(found.starts.length, 1);
    assert.deepEqual(found.entries, [0, 1, 2, 3], 'e leads to no Add');
  });

  it('ends in a graph with a cycle', () => {
    const cycle = index([{ name: 'a', opType: 'Relu' }, { name: 'b', opType: 'Relu' }], [[0, 1], [1, 0]]);
    assert.deepEqual(search(cycle, 'Relu → Relu → Relu → Relu')!.match(0), [0, 1, 0, 1]);
    assert.deepEqual(names(cycle, 'Relu → … → Relu'), ['a', 'b']);
  });

  for (const [count, limit] of [[20_000, 50], [100_000, 250]] as const) {
    it(`over ${count} nodes takes less than ${limit} ms`, () => {
      const types = ['MatMul', 'Add', 'Softmax', 'Relu', 'Mul'];
      const large = index(
        Array.from({ length: count }, (_, at) => ({ name: `/block.${at >> 5}/attn/node_${at}`, opType: types[at % 5]!, outputDims: [[1, 12, 128, 64 + (at % 7)]] })),
        Array.from({ length: count - 1 }, (_, at) => [Math.max(0, at - (at % 11)), at + 1] as const));
      for (const query of ['node_19', '128x64', '?x128x66', 'MatMul → Add → Softmax', 'MatMul → … → Softmax → * → MatMul', 'a → … → b → … → c']) {
        const least = best(() => search(large, query));
        assert.ok(least < limit, `${query}: ${least.toFixed(1)} ms`);
      }
    });
  }
});
