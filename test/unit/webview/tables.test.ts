import assert from 'node:assert/strict';
import fc from 'fast-check';
import Papa from 'papaparse';
import { formatBytes, formatCount, formatDims, formatDuration, formatPercent, formatValue } from '../../../src/webview/common/format';
import { initialState, restoredState } from '../../../src/webview/model/editorState';
import { toCsv, toMarkdown } from '../../../src/webview/model/table/copy';
import { Connections } from '../../../src/webview/model/connections';
import { compareRows, rowsOf, totalsOf, type Row } from '../../../src/webview/model/table/layerRows';
import type { Layer } from '../../../src/webview/model/types';
import { graphOf, layerOf } from './graphs';

const plain = (text: string): string => text.replace(/[\u2009\u202f]/g, ' ');

const plainRows = (layers: readonly Layer[]): Row[] => rowsOf(layers, new Connections(graphOf([], [])));

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
    assert.equal(plain(formatDims(['n'.repeat(5000), 3])), `${'n'.repeat(59)}… × 3`);
  });
});

describe('layer rows', () => {
  it('sort names as people count, and unknown numbers first', () => {
    const rows = plainRows([layerOf('conv10', 'Conv', { macs: 5 }), layerOf('conv9', 'Conv', { macs: null }), layerOf('conv1', 'Conv', { macs: 0 })]);
    assert.deepEqual([...rows].sort((a, b) => compareRows(a, b, 'name')).map(({ layer }) => layer.name), ['conv1', 'conv9', 'conv10']);
    assert.deepEqual([...rows].sort((a, b) => compareRows(a, b, 'macs')).map(({ index }) => index), [1, 2, 0]);
  });

  it('add up to totals that say what they leave out', () => {
    const totals = totalsOf(plainRows([layerOf('a', 'Conv', { parameters: 10, macs: 100, activationBytes: 8 }), layerOf('b', 'Odd', { parameters: 5, macs: null, activationBytes: null })]));
    assert.deepEqual(totals, { parameters: { sum: 15, unknown: 0 }, macs: { sum: 100, unknown: 1 }, activation: { sum: 8, unknown: 1 } });
  });

  it('count a model inside the model by its layers, by itself where these are not shown', () => {
    const rows = plainRows([layerOf('inner', 'Functional', { parameters: 30 }), layerOf('inner/a', 'Dense', { parameters: 10 }), layerOf('inner/b', 'Dense', { parameters: 20 }), layerOf('last', 'Dense', { parameters: 1 })]);
    assert.equal(totalsOf(rows).parameters.sum, 31);
    assert.equal(totalsOf([rows[0]!, rows[3]!]).parameters.sum, 31);
  });
});

describe('the table as text', () => {
  const rows = plainRows([
    layerOf('conv, "first"', 'Conv', { inputDims: [[1, 3, 'H', null]], outputDims: [[1, 64, 56, 56], null], parameters: 9408, macs: 118_013_952, activationBytes: 802_816 }),
    layerOf('a|b_c\nd', 'Custom<T>', { macs: null, activationBytes: null }),
  ]);

  it('is CSV whose cells are quoted where they must be', () => {
    assert.equal(toCsv(rows), [
      '#,Name,Type,Input,Output,Parameters,MACs,Activation bytes',
      '1,"conv, ""first""",Conv,1×3×H×?,"1×64×56×56, –",9408,118013952,802816',
      '2,"a|b_c\nd",Custom<T>,,,0,,',
    ].map((line) => `${line}\r\n`).join(''));
  });

  it('is read back by a CSV reader as it was', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', ';', '=') }), { minLength: 1, maxLength: 5 }), (names) => {
      const { data } = Papa.parse<string[]>(toCsv(plainRows(names.map((name) => layerOf(name, 'T')))), { skipEmptyLines: false, newline: '\r\n', delimiter: ',' });
      assert.deepEqual(data.slice(1, -1).map((row) => row[1]), names);
    }));
  });

  it('is Markdown in which names are no markup, with totals', () => {
    assert.equal(toMarkdown(rows), [
      '| # | Name | Type | Input | Output | Parameters | MACs | Activation bytes |',
      '| ---: | --- | --- | --- | --- | ---: | ---: | ---: |',
      '| 1 | conv, "first" | Conv | 1×3×H×? | 1×64×56×56, – | 9,408 | 118,013,952 | 802,816 |',
      '| 2 | a\\|b\\_c d | Custom\\<T\\> |  |  | 0 | – | – |',
      '|  | **Total** |  |  |  | **9,408** | **118,013,952** | **802,816** |',
    ].map((line) => `${line}\n`).join(''));
  });
});

describe('a saved look', () => {
  it('is restored as far as it can be used', () => {
    assert.deepEqual(restoredState(undefined), { ...initialState, selected: undefined, graph: undefined, sort: undefined, nodes: undefined, path: undefined });
    const look = { selected: 'node:3', graph: { camera: { x: 1, y: 2, scale: 0.5 }, openGroups: ['a'], heat: 'macs' }, sort: { column: 'macs', descending: true }, search: 'conv', nodes: 12, ratio: 0.3, tab: 'details', path: { from: 'a', to: 'b' } };
    assert.deepEqual(restoredState(JSON.parse(JSON.stringify(look))), look);
    assert.deepEqual(restoredState({ graph: { camera: { x: null } }, sort: { column: 'weight' }, search: 3, ratio: 7, tab: 'second', path: 1 }), restoredState(undefined));
  });
});

describe('rows and nodes', () => {
  it('are linked by keys; nodes in branches stand under the layer that holds them', () => {
    const inner = graphOf([{ name: 'x', opType: 'Input', kind: 'input', key: 'node:1/then_branch/in' }, { name: 'lstm', opType: 'LSTM', key: 'node:1/then_branch/0', parameters: 7, outputDims: [[1, 8]] }], [[0, 1]]);
    const view = graphOf([{ name: 'in', opType: 'Input', kind: 'input' }, { name: 'choose', opType: 'If', layer: 0, subgraphs: [{ name: 'then_branch', view: inner }] }, { name: 'end', opType: 'Relu', layer: 1 }], [[0, 1], [1, 2]]);
    const found = rowsOf([layerOf('choose', 'If', { parameters: 7 }), layerOf('end', 'Relu'), layerOf('not drawn', 'InputLayer')], new Connections(view));
    assert.deepEqual(found.map(({ key, number, layer }) => [key, number, layer.name]), [
      ['node:choose', '1', 'choose'], ['node:1/then_branch/0', '', 'lstm'], ['node:end', '2', 'end'], ['layer:2', '3', 'not drawn'],
    ]);
    assert.equal(found[1]!.output, '1×8');
    assert.equal(found[1]!.place, 'choose › then_branch');
    assert.equal(totalsOf(found).parameters.sum, 7, 'what is held counts once');
    assert.equal(totalsOf(found.slice(1)).parameters.sum, 7, 'and by itself where its holder is not shown');
  });
});
