/** A distilled tree as an ONNX model, to be run in the network's place. */
import { GraphBuilder, type AttributeInput } from '../../graph/builder';
import type { ModelFile } from '../../graph/graph';
import type { TableModel, TreeNode } from './tableMethod';

/**
 * The tree as ONNX-ML: input `features` float [N, features] (missing values NaN, categories their places in the lists of the
 * metadata's `categories`); outputs `label` and `probabilities`
 * [N, classes] for classes, `value` [N, 1] for values. Thresholds are rounded down to float32, so that every float32
 * goes the way it does here.
 */
export function treeModel(tree: TreeNode, { features, outputs, task }: Pick<TableModel, 'features' | 'outputs' | 'task'>): ModelFile {
  const nodes: { node: TreeNode; left: number; right: number }[] = [];
  const number = (node: TreeNode): number => {
    const entry = { node, left: 0, right: 0 }, index = nodes.push(entry) - 1;
    if (node.left && node.right) [entry.left, entry.right] = [number(node.left), number(node.right)];
    return index;
  };
  number(tree);
  // Of a single output, its absence and presence.
  const classes = outputs.length === 1 ? [`not ${outputs[0]!}`, outputs[0]!] : outputs, ids = nodes.map((_, i) => i), leaves = ids.filter((i) => !nodes[i]!.node.left), classification = task === 'classification';
  const structure: Record<string, AttributeInput> = {
    nodes_treeids: ids.map(() => 0), nodes_nodeids: ids, nodes_modes: { strings: nodes.map(({ node }) => (node.left ? 'BRANCH_LEQ' : 'LEAF')) },
    nodes_featureids: nodes.map(({ node }) => node.feature ?? 0), nodes_values: { floats: nodes.map(({ node }) => floor32(node.threshold ?? 0)) },
    nodes_truenodeids: nodes.map(({ left }) => left), nodes_falsenodeids: nodes.map(({ right }) => right), nodes_missing_value_tracks_true: ids.map(() => 0),
    nodes_hitrates: { floats: ids.map(() => 1) }, post_transform: 'NONE',
  };
  const b = new GraphBuilder(18, 'tree/'), results = classification
    ? b.ops('TreeEnsembleClassifier', ['features'], 2, {
      ...structure, classlabels_strings: { strings: classes },
      class_treeids: leaves.flatMap(() => classes.map(() => 0)), class_nodeids: leaves.flatMap((leaf) => classes.map(() => leaf)), class_ids: leaves.flatMap(() => classes.map((_, k) => k)),
      class_weights: { floats: leaves.flatMap((leaf) => nodes[leaf]!.node.value) },
    }, 'ai.onnx.ml')
    : b.ops('TreeEnsembleRegressor', ['features'], 1, {
      ...structure, n_targets: 1, target_treeids: leaves.map(() => 0), target_nodeids: leaves, target_ids: leaves.map(() => 0), target_weights: { floats: leaves.map((leaf) => nodes[leaf]!.node.value[0]!) },
    }, 'ai.onnx.ml');
  const names = classification ? ['label', 'probabilities'] : ['value'];
  const [last] = b.nodes.splice(0, b.nodes.length);
  return {
    format: 'onnx', file: '/tree.onnx', producer: 'model-lens', irVersion: 9, opsets: new Map([['', 18], ['ai.onnx.ml', 1]]), functions: [], warnings: [],
    metadata: new Map([
      ['features', features.map(({ name }) => name).join(', ')],
      ...(features.some(({ categories }) => categories) ? [['categories', JSON.stringify(Object.fromEntries(features.flatMap(({ name, categories }) => (categories ? [[name, categories]] : []))))] as const] : []),
    ]),
    graph: {
      name: 'tree', nodes: [{ ...last!, outputs: results.map((_, i) => names[i]!) }], initializers: b.initializers, valueInfo: new Map(),
      inputs: [{ name: 'features', type: { kind: 'tensor', dtype: 'float32', dims: ['N', features.length] } }],
      outputs: classification
        ? [{ name: 'label', type: { kind: 'tensor', dtype: 'string', dims: ['N'] } }, { name: 'probabilities', type: { kind: 'tensor', dtype: 'float32', dims: ['N', classes.length] } }]
        : [{ name: 'value', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 1] } }],
    },
  };
}

/** The largest float32 that is not above `value`. */
function floor32(value: number): number {
  const near = Math.fround(value);
  if (!(near > value)) return near;
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, near);
  // Towards −∞: one bit less for positive numbers, one more for negative ones, the smallest negative below 0.
  view.setInt32(0, near > 0 ? view.getInt32(0) - 1 : near < 0 ? view.getInt32(0) + 1 : -2147483647);
  return view.getFloat32(0);
}
