/** Groups and subgraphs of the drawn graph: every node in one chain of groups, sums that agree with the table's. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Models } from '../../../src/engine/models';
import { architectureView } from '../../../src/graph/architecture';
import type { Graph, ModelFile } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { summarise } from '../../../src/graph/summarise';
import type { ArchitectureView } from '../../../src/graph/summary';
import { groupNodes } from '../../../src/graph/viewGroups';
import { largeGraph } from './largeGraph';
import { sharedFolder, skipWithoutShared } from './shared';

const total = (values: readonly (number | null)[]): number | null => values.reduce<number | null>((sum, value) => sum === null || value === null ? null : sum + value, 0);

/** Ids are positions, parents come first, counts and sums are those of what lies below, keys are unique in the whole. */
function check(view: ArchitectureView, keys = new Set<string>()): void {
  const inside: number[][] = view.groups.map(() => []);
  view.groups.forEach((group, index) => {
    assert.equal(group.id, index);
    assert.ok(group.parent === null || group.parent < index, 'a parent comes before its children');
  });
  view.nodes.forEach((node, index) => {
    assert.equal(node.id, index);
    assert.ok(!keys.has(node.key), `${node.key} twice`);
    keys.add(node.key);
    if (node.kind !== 'op') assert.equal(node.group, null);
    for (let group = node.group; group !== null; group = view.groups[group]!.parent) inside[group]!.push(index);
    for (const { view: inner } of node.subgraphs ?? []) {
      check(inner, keys);
      for (const { key } of inner.nodes) assert.ok(key.startsWith(`${node.key}/`), key);
    }
  });
  for (const group of view.groups) {
    const nodes = inside[group.id]!.map((id) => view.nodes[id]!), layers = nodes.filter(({ opType, layer }) => layer !== null || opType !== 'Identity');
    assert.equal(group.nodes, nodes.length, group.name);
    assert.ok(nodes.length >= 2, `${group.name} holds ${nodes.length}`);
    assert.equal(group.parameters, nodes.reduce((sum, node) => sum + node.parameters, 0));
    assert.equal(group.macs, total(layers.map(({ macs }) => macs)));
    if (group.kind !== 'repeat') continue;
    const children = view.groups.filter(({ parent }) => parent === group.id).length + nodes.filter((node) => node.group === group.id && node.layer !== null).length;
    assert.equal(children, group.count, `${group.name} holds ${group.count} blocks`);
  }
  for (const { from, to } of view.edges) assert.ok(view.nodes[from] && view.nodes[to]);
}

describe('the groups of the architecture graph', () => {
  const pack = path.join(sharedFolder, 'pack');
  const folders = ['converted', 'onnx', 'structure', 'keras'];
  for (const folder of folders) {
    it(`of all models in ${folder} hold every node once, and their sums are the table's`, async function () {
      this.timeout(120_000);
      skipWithoutShared(this, path.join(pack, folder));
      let models = 0, groups = 0;
      for (const name of fs.readdirSync(path.join(pack, folder)).filter((each) => /\.(onnx|h5|hdf5|keras)$/.test(each))) {
        const { file, inference } = await new Models().open(path.join(pack, folder, name));
        const view = architectureView(file, inference), { totals } = summarise(file, inference);
        check(view);
        assert.equal(view.nodes.reduce((sum, node) => sum + node.parameters, 0), totals.parameters, name);
        assert.equal(total(view.nodes.filter(({ layer }) => layer !== null).map(({ macs }) => macs)), totals.macs, name);
        models++;
        groups += view.groups.length;
      }
      console.log(`      ${models} models, ${groups} groups`);
      assert.ok(models > 0 && groups > 0);
    });
  }

  it('repeated blocks go by the name of the group that holds nothing else', async function () {
    const at = path.join(pack, 'converted/mnist_vit.onnx');
    skipWithoutShared(this, at);
    const { file, inference } = await new Models().open(at);
    const { groups } = architectureView(file, inference);
    assert.deepEqual(groups.filter(({ parent }) => parent === null).map(({ name, kind, count }) => [name, kind, count]), [['to_patch_embedding', 'group', undefined], ['transformer', 'repeat', 6], ['mlp_head', 'group', undefined]]);
  });

  it('an identity joins what it reads, else what reads it', () => {
    const node = (id: number, name: string, opType: string, layer: number | null): ArchitectureView['nodes'][number] => ({ id, key: `node:${id}`, kind: 'op', name, opType, family: 'other', detail: '', outputDims: [], parameters: 1, macs: 0, layer, group: null });
    const edge = (from: number, to: number): ArchitectureView['edges'][number] => ({ from, to, value: `v${from}`, dims: null });
    const view = groupNodes([node(0, 'x', 'Identity', null), node(1, 'a/1', 'Conv', 0), node(2, 'a/2', 'Relu', 1), node(3, 'y', 'Identity', null), node(4, 'z', 'Identity', null), node(5, 'b/1', 'Add', 2), node(6, 'b/2', 'Mul', 3), node(7, 'alone', 'Identity', null)], [edge(0, 1), edge(1, 2), edge(2, 3), edge(3, 4), edge(4, 5), edge(5, 6)]);
    assert.deepEqual(view.nodes.map(({ group }) => group), [0, 0, 0, 0, 0, 1, 1, null]);
    assert.deepEqual(view.groups.map(({ nodes, parameters }) => [nodes, parameters]), [[5, 2], [2, 2]]);
  });

  it('If and Loop show their graphs, the then branch first, with what they take from outside as inputs', async function () {
    const at = path.join(pack, 'onnx/audio_silero_vad_v5.onnx');
    skipWithoutShared(this, at);
    const { file, inference } = await new Models().open(at);
    const view = architectureView(file, inference), branches = view.nodes.find(({ opType }) => opType === 'If')!.subgraphs!;
    assert.deepEqual(branches.map(({ name }) => name), ['then_branch', 'else_branch']);
    const [inner] = branches;
    assert.deepEqual(inner!.view.nodes.filter(({ kind }) => kind === 'input').map(({ name }) => name).sort(), ['input', 'state']);
    assert.ok(inner!.view.nodes.some(({ opType, subgraphs }) => opType === 'If' && subgraphs!.length === 2), 'nested');
    assert.ok(inner!.view.nodes.some(({ opType, parameters }) => opType === 'Conv' && parameters > 1000));
  });

  it('branches inside branches are drawn to a depth, and the rest is counted', () => {
    const branch = (nodes: Graph['nodes'], output: string): Graph => ({ name: output, inputs: [], outputs: [{ name: output, type: { kind: 'unknown' } }], nodes, initializers: new Map(), valueInfo: new Map() });
    const holds = (inner: Graph, output: string): Graph['nodes'] => [{ name: output, opType: 'If', domain: '', inputs: ['c'], outputs: [output], attributes: new Map([['then_branch', { kind: 'graph', value: inner }]]) }];
    const viewOf = (depth: number): ArchitectureView => {
      let graph = branch([{ name: 'leaf', opType: 'Relu', domain: '', inputs: ['x'], outputs: ['z0'], attributes: new Map() }], 'z0');
      for (let level = 1; level <= depth; level++) graph = branch(holds(graph, `z${level}`), `z${level}`);
      const model = { ...largeGraph(1), graph: { ...graph, inputs: [{ name: 'x', type: { kind: 'tensor', dtype: 'float32', dims: [1] } }, { name: 'c', type: { kind: 'tensor', dtype: 'bool', dims: [] } }] } } satisfies ModelFile;
      return architectureView(model, inferShapes(model));
    };
    assert.equal(viewOf(6).omitted, undefined);
    assert.equal(viewOf(10).omitted, 4, 'three more Ifs and the leaf');
  });

  it('a flat graph of 100,000 nodes is cut into parts that follow each other', function () {
    this.timeout(60_000);
    const model = largeGraph(100_000), inference = inferShapes(model), started = process.cpuUsage();
    const view = architectureView(model, inference), { user, system } = process.cpuUsage(started);
    const top = view.groups.filter(({ parent }) => parent === null);
    assert.ok(top.length >= 10 && top.length <= 60, `${top.length} parts`);
    assert.equal(top.reduce((sum, { nodes }) => sum + nodes, 0) + view.nodes.filter(({ kind, group }) => kind === 'op' && group === null).length, 100_000);
    const children = new Map<number, number>();
    for (const { parent } of view.groups) if (parent !== null) children.set(parent, (children.get(parent) ?? 0) + 1);
    for (const { group } of view.nodes) if (group !== null) children.set(group, (children.get(group) ?? 0) + 1);
    assert.ok(Math.max(...children.values()) <= 200, 'no box opens to more than can be read');
    console.log(`      drawn in ${Math.round((user + system) / 1000)} ms of processor time`);
    assert.ok((user + system) / 1000 < 8000);
  });
});
