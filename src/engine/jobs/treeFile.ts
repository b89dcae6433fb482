/** A distilled tree as a file of its own: a model that runs wherever ONNX does, or rules in words. */
import { writeOnnxStandalone } from '../../formats/onnx/write';
import { cutTree } from '../../methods/table/cart';
import { treeModel } from '../../methods/table/treeOnnx';
import type { TreeNode } from '../../methods/table/tableMethod';
import { LensError } from '../../protocol/rpc';
import type { TreeFileParams, TreeFileResult } from '../../protocol/table';
import { treeText } from '../table/treeText';

const mostNodes = 100_000, mostDepth = 64;

/** @throws LensError for what is no tree over these features and outputs: a page sends it. */
export async function treeFile({ tree, depth, features, outputs, task, form }: TreeFileParams): Promise<TreeFileResult> {
  if (form !== 'onnx' && form !== 'text') throw new LensError('badInput', `form: found ${String(form)}, expected onnx or text`);
  if (task !== 'classification' && task !== 'regression') throw new LensError('badInput', `task: found ${String(task)}, expected classification or regression`);
  for (const [name, list] of Object.entries({ features, outputs })) if (!Array.isArray(list) || list.length === 0) throw new LensError('badInput', `${name}: found ${Array.isArray(list) ? 'none' : typeof list}, expected a list`);
  checkTree(tree, features.length, task === 'classification' ? Math.max(2, outputs.length) : 1);
  const cut = depth === undefined ? tree : cutTree(tree, depth);
  return { bytes: form === 'text' ? new TextEncoder().encode(treeText(cut, features, outputs, task)) : await writeOnnxStandalone(treeModel(cut, { features, outputs, task })) };
}

function checkTree(root: TreeNode, features: number, values: number): void {
  const fail = (words: string): never => { throw new LensError('badInput', `tree: ${words}`); };
  let nodes = 0;
  const visit = (node: TreeNode, depth: number): void => {
    if (typeof node !== 'object' || node === null) fail(`found ${String(node)}, expected a node`);
    if (++nodes > mostNodes || depth > mostDepth) fail(`has more than ${mostNodes} nodes or ${mostDepth} levels`);
    if (!Array.isArray(node.value) || node.value.length !== values || !node.value.every((value) => Number.isFinite(value))) fail(`a node's value: expected ${values} numbers`);
    if (!node.left && !node.right) return;
    if (!node.left || !node.right) return fail('a node has one way, expected two or none');
    if (!Number.isInteger(node.feature) || node.feature! < 0 || node.feature! >= features) fail(`feature: found ${String(node.feature)}, expected a place among ${features}`);
    if (typeof node.threshold !== 'number' || Number.isNaN(node.threshold)) fail(`threshold: found ${String(node.threshold)}, expected a number`);
    visit(node.left, depth + 1);
    visit(node.right, depth + 1);
  };
  visit(root, 0);
}
