/** A distilled tree taken elsewhere: as rules in words, and as an ONNX model. */
import { GraphBuilder, type AttributeInput } from '../../graph/builder';
import type { ModelFile } from '../../graph/graph';
import type { Feature, TableModel, TreeNode } from './tableMethod';

/** Names of the classes a tree's values are shares of; of a single output, its absence and presence. */
export function treeClasses(outputs: readonly string[]): readonly string[] {
  return outputs.length === 1 ? [`not ${outputs[0]!}`, outputs[0]!] : outputs;
}

/** One line a leaf: "petal width ≤ 0.8 and … → setosa (100 % of 50 rows)"; for values the mean. */
export function treeRules(tree: TreeNode, { features, outputs, task }: Pick<TableModel, 'features' | 'outputs' | 'task'>): string[] {
  const classes = treeClasses(outputs), lines: string[] = [];
  const visit = (node: TreeNode, conditions: readonly string[]): void => {
    if (node.left && node.right) {
      const feature = features[node.feature!]!, cut = cutWords(feature, node.threshold!);
      visit(node.left, [...conditions, cut.left]);
      visit(node.right, [...conditions, cut.right]);
      return;
    }
    const best = node.value.indexOf(Math.max(...node.value));
    const answer = task === 'classification' ? `${classes[best]!} (${Math.round(100 * node.value[best]!)} % of ${node.rows} rows)` : `${Number(node.value[0]!.toPrecision(6))} (mean of ${node.rows} rows)`;
    lines.push(`${conditions.join(' and ') || 'always'} → ${answer}`);
  };
  visit(tree, []);
  return lines;
}

/** Both sides of a cut, in words; of categories, which ones. */
export function cutWords({ name, kind, categories }: Feature, threshold: number): { left: string; right: string } {
  if (kind === 'category' && categories) {
    const split = Math.floor(threshold) + 1, one = (list: readonly string[]): string => (list.length === 1 ? `${name} = ${list[0]!}` : `${name} is one of ${list.join(', ')}`);
    return { left: one(categories.slice(0, split)), right: one(categories.slice(split)) };
  }
  const number = kind === 'integer' ? Math.floor(threshold) : Number(threshold.toPrecision(6));
  return { left: `${name} ≤ ${number}`, right: `${name} > ${number}` };
}

/**
 * The tree as ONNX-ML: input `features` float [N, features] (missing values NaN); outputs `label` and `probabilities`
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
  const classes = treeClasses(outputs), ids = nodes.map((_, i) => i), leaves = ids.filter((i) => !nodes[i]!.node.left), classification = task === 'classification';
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
    metadata: new Map([['features', features.map(({ name }) => name).join(', ')]]),
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
