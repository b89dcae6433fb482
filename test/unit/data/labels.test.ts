import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { ModelFolder } from '../../../src/data/beside';
import { classesOf, imagenetLabels, parseLabels, resolveLabels } from '../../../src/data/labels';
import { readSidecar } from '../../../src/data/sidecar';
import type { Labels } from '../../../src/data/spec';
import type { Dims, ModelFile } from '../../../src/graph/graph';
import { folderWith, needShared } from './support';

function labels(dims: Dims, files: Readonly<Record<string, string>> = {}, metadata: Readonly<Record<string, string>> = {}): { labels?: Labels; warnings: string[] } {
  const file = path.join(folderWith(files), 'net.onnx');
  const model: ModelFile = {
    format: 'onnx', file, producer: '', irVersion: 8, opsets: new Map(), metadata: new Map(Object.entries(metadata)), functions: [], warnings: [],
    graph: { name: '', inputs: [], outputs: [], nodes: [], initializers: new Map(), valueInfo: new Map() },
  };
  const folder = new ModelFolder(file);
  const warnings: string[] = [];
  return { labels: resolveLabels(model, folder, 'y', dims, readSidecar(folder), warnings), warnings };
}

describe('data/labels', () => {
  it('counts classes only where there is one row of scores', () => {
    assert.equal(classesOf(['N', 1000]), 1000);
    assert.equal(classesOf([1, 1000, 1, 1]), 1000);
    assert.equal(classesOf([10]), 10);
    assert.equal(classesOf([1, 1]), 1);
    assert.equal(classesOf([1, 21, 64, 64]), undefined);
    assert.equal(classesOf(['N', 'C']), undefined);
    assert.equal(classesOf(undefined), undefined);
  });

  it('ImageNet: 1000 names in the usual order, 1001 with a background, always marked as assumed', () => {
    const names = imagenetLabels();
    assert.equal(names.length, 1000);
    assert.match(names[0]!, /^tench/);
    assert.match(names[285]!, /^Egyptian cat/);
    assert.match(names[967]!, /^espresso/);
    assert.match(names[999]!, /^toilet tissue/);
    assert.deepEqual(labels([1, 1000]).labels, { names, source: 'ImageNet labels assumed', assumed: true });
    const shifted = labels([1, 1001]).labels!;
    assert.equal(shifted.names[0], 'background');
    assert.equal(shifted.names[286], names[285]);
    assert.equal(labels([1, 999]).labels, undefined);
  });

  it('agrees with the pack\'s list of 1001 names', function () {
    const expected = parseLabels(fs.readFileSync(needShared(this, 'pack', 'labels', 'imagenet_labels_1001_coral.txt'), 'utf8'));
    const first = (name: string): string => name.split(',')[0]!.trim().toLowerCase();
    const names = ['background', ...imagenetLabels()];
    const different = names.filter((name, i) => first(name) !== first(expected[i]!));
    assert.ok(different.length <= 5, different.join('; '));
  });

  it('lines, with or without numbers', () => {
    assert.deepEqual(parseLabels('cat\r\ndog\r\n\r\n'), ['cat', 'dog']);
    assert.deepEqual(parseLabels('0 cat\n1 dog'), ['cat', 'dog']);
    assert.deepEqual(parseLabels('1: cat\n2: dog\n'), ['cat', 'dog']);
    assert.deepEqual(parseLabels('7 up\n3 musketeers'), ['7 up', '3 musketeers']);
    assert.deepEqual(parseLabels('0\n1\n2'), ['0', '1', '2']);
  });

  it('order: sidecar, files beside the model, its metadata', () => {
    const own = { names: "{0: 'm0', 1: 'm1'}" };
    const config = { 'config.json': JSON.stringify({ id2label: { 0: 'c0', 1: 'c1' } }) };
    assert.deepEqual(labels(['N', 2], {}, own).labels?.names, ['m0', 'm1']);
    assert.deepEqual(labels(['N', 2], config, own).labels, { names: ['c0', 'c1'], source: 'config.json', assumed: false });
    assert.deepEqual(labels(['N', 2], { ...config, 'labels.txt': 'l0\nl1' }, own).labels?.names, ['l0', 'l1']);
    assert.deepEqual(labels(['N', 2], { 'labels.txt': 'l0\nl1', 'net_labels.txt': 'n0\nn1' }).labels?.source, 'net_labels.txt');
    const sidecar = { 'net.lens.json': JSON.stringify({ outputs: { y: { labels: ['s0', 's1'] } } }) };
    assert.deepEqual(labels(['N', 2], { ...sidecar, 'labels.txt': 'l0\nl1' }).labels, { names: ['s0', 's1'], source: 'net.lens.json', assumed: false });
    const byFile = { 'net.lens.json': JSON.stringify({ outputs: { y: { labels: 'words.json' } } }), 'words.json': '["w0","w1"]' };
    assert.deepEqual(labels(['N', 2], byFile).labels, { names: ['w0', 'w1'], source: 'words.json', assumed: false });
  });

  it('a list of another length is not used, and that is said', () => {
    const { labels: found, warnings } = labels(['N', 3], { 'labels.txt': 'a\nb' });
    assert.equal(found, undefined);
    assert.match(warnings[0]!, /labels\.txt has 2 class names, but y has 3 classes/);
    const stated = labels(['N', 3], { 'net.lens.json': JSON.stringify({ outputs: { y: { labels: ['a', 'b'] } } }) });
    assert.deepEqual(stated.labels?.names, ['a', 'b']);
    assert.match(stated.warnings[0]!, /found 2 names, expected 3/);
  });

  it('LABEL_0, LABEL_1 are no names', () => {
    assert.equal(labels(['N', 2], { 'config.json': JSON.stringify({ id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } }) }).labels, undefined);
  });

  it('a sidecar cannot name a file outside the folder', () => {
    assert.throws(() => labels(['N', 2], { 'net.lens.json': JSON.stringify({ outputs: { y: { labels: '../labels.txt' } } }) }), /outputs\.y\.labels: found "\.\.\/labels\.txt", expected a file inside/);
  });
});
