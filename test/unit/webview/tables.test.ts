import assert from 'node:assert/strict';
import { formatBytes, formatCount, formatDims, formatDuration, formatPercent, formatValue } from '../../../src/webview/common/format';
import { compareRows, matches, type Row } from '../../../src/webview/model/layerRows';
import { linkLayers } from '../../../src/webview/model/selection';
import type { Architecture, Layer } from '../../../src/webview/model/types';

const plain = (text: string): string => text.replace(/[\u2009\u202f]/g, ' ');
const layer = (name: string, type: string, macs: number | null = 0): Layer => ({ name, type, inputDims: [], outputDims: [], parameters: 0, macs });
const row = (index: number, name: string, input: string, macs: number | null = 0): Row => ({ index, layer: layer(name, 'Conv', macs), input, output: '', parameterShare: 0, macShare: 0 });

describe('numbers on screen', () => {
  it('counts have three digits and a prefix', () => {
    assert.deepEqual([0, 999, 1000, 1_235_496, 999_999, 25_557_032, 4.1e9].map(formatCount).map(plain), ['0', '999', '1.00 k', '1.24 M', '1.00 M', '25.6 M', '4.10 G']);
  });
  it('bytes, percentages and times', () => {
    assert.deepEqual([0, 512, 1024, 4_941_984, 2.5 * 2 ** 30].map(formatBytes).map(plain), ['0 B', '512 B', '1.00 KB', '4.71 MB', '2.50 GB']);
    assert.deepEqual([0, 0.0001, 0.5714, 1].map(formatPercent).map(plain), ['0.0 %', '< 0.1 %', '57.1 %', '100.0 %']);
    assert.deepEqual([12.4, 1240, 65_000].map(formatDuration).map(plain), ['12 ms', '1.24 s', '65.0 s']);
    assert.deepEqual([0, -0.01234, 1e-7].map(formatValue), ['0', '-0.0123', '1.00e-7']);
  });
  it('dims: unknown ones, an unknown rank, a scalar', () => {
    assert.deepEqual([[1, 'batch', null], null, []].map((dims) => plain(formatDims(dims))), ['1 × batch × ?', '–', 'scalar']);
  });
});

describe('layer rows', () => {
  it('are found by name, type and dims however they are written', () => {
    const conv = row(0, 'fire2/squeeze1x1', formatDims([1, 64, 55, 55]));
    for (const words of [['fire2'], ['conv', 'fire'], ['64x55'], ['64×55×55'], ['1,64'], ['55']]) assert.ok(matches(conv, words), words.join(' '));
    for (const words of [['fire3'], ['64x56'], ['conv', 'relu']]) assert.ok(!matches(conv, words), words.join(' '));
  });
  it('sort names as people count, and unknown counts first', () => {
    const rows = [row(0, 'conv10', '', 5), row(1, 'conv9', '', null), row(2, 'conv1', '', 0)];
    assert.deepEqual([...rows].sort((a, b) => compareRows(a, b, 'name')).map(({ layer }) => layer.name), ['conv1', 'conv9', 'conv10']);
    assert.deepEqual([...rows].sort((a, b) => compareRows(a, b, 'macs')).map(({ index }) => index), [1, 2, 0]);
  });
});

describe('table and graph', () => {
  it('are linked by the row that each node names', () => {
    const node = (id: number, layer: number | null): Architecture['nodes'][number] => ({ id, key: `${layer === null ? 'input' : 'node'}:${id}`, kind: layer === null ? 'input' : 'op', name: '', opType: 'Relu', family: 'other', detail: '', outputDims: [], parameters: 0, macs: null, layer, group: null });
    const links = linkLayers({ nodes: [node(0, null), node(1, 0), node(2, 2), node(3, 1)], edges: [], groups: [] });
    assert.deepEqual([...links.nodeOfLayer], [[0, 'node:1'], [2, 'node:2'], [1, 'node:3']]);
    assert.equal(links.layerOfNode.get('node:3'), 1);
    assert.equal(links.layerOfNode.get('input:0'), undefined);
  });
});
