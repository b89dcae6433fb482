/** Which values lie on a differentiable path from what is differentiated to, to the target; and where paths end. */
import type { Graph, Node } from '../graph/graph';
import { isFloat, type DType } from '../tensor/dtype';
import { nodeLabel, ruleKey } from './context';
import type { RuleTable } from './rule';

/** Flat almost everywhere: the derivative is zero, so nothing flows back (as in torch). */
export const zeroAlmostEverywhere: ReadonlySet<string> = new Set(['Floor', 'Ceil', 'Round', 'Sign', 'Hardmax', 'ai.onnx.ml:Binarizer']);

/**
 * Outputs that are no smooth function of a float input: shapes, indices, truth values, labels, random draws. A path
 * ends here.
 */
export const stops: ReadonlySet<string> = new Set([
  'Shape', 'Size', 'ArgMax', 'ArgMin', 'NonZero', 'Unique', 'NonMaxSuppression', 'OneHot', 'EyeLike', 'Range',
  'Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Not', 'And', 'Or', 'Xor', 'IsNaN', 'IsInf',
  'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'BitwiseNot', 'Bernoulli', 'Multinomial',
  'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike',
  // Its scale and zero count as constants; the numbers themselves are followed past it (see dequantise.ts).
  'DynamicQuantizeLinear',
  'StringNormalizer', 'TfIdfVectorizer', 'RegexFullMatch', 'StringConcat', 'StringSplit', 'LabelEncoder',
]);

/** What to do about ops that have no derivative here, by name or by what the name ends in. */
const explained: readonly (readonly [RegExp, string])[] = [
  [/TreeEnsemble/, 'a tree ensemble is piecewise constant and has no gradient'],
  [/^(QLinear.*|.*Integer|com\.microsoft:(QLinear|QGemm|Dynamic|MatMulNBits|MatMulInteger|QAttention).*)$/, 'this form of a quantised op has no gradient here; explain the float model instead'],
  [/^(Scan|Loop)$/, 'gradients through a loop need a number of steps that is known and not too large'],
  [/^(If|SequenceMap)$/, 'its branches give values of different dims, and which one is taken is known only when the model runs'],
  [/^(RNN|LSTM|GRU)$/, 'gradients of recurrent layers need a number of steps that is known and not too large'],
  [/^(GridSample|RoiAlign|Attention|RotaryEmbedding|com\.microsoft:(\w*Attention|RotaryEmbedding|\w*LayerNormalization|Fused\w+|GroupNorm))$/, 'this form of it has no gradient here (a mode, a mask or a cache that is not written out in plain operators)'],
  [/^ai\.onnx\.ml:/, 'classical machine-learning ops have no gradient here'],
];

/** One sentence: why an op has no rule, and what can be done. */
export function noRuleReason(node: Pick<Node, 'opType' | 'domain'>): string {
  return `${explanation(ruleKey(node)) ?? 'this op has no gradient rule yet'}. Choose a layer behind it to differentiate to, or a method that needs no gradient (occlusion, RISE, LIME, SHAP)`;
}

function explanation(key: string): string | undefined {
  return explained.find(([pattern]) => pattern.test(key))?.[1];
}

/** Names a node reads: its inputs, and outer values its subgraphs capture. */
export function valuesRead(node: Node): string[] {
  const names = node.inputs.filter((name) => name !== '');
  for (const attribute of node.attributes.values()) {
    if (attribute.kind === 'graph') names.push(...captured(attribute.value));
    if (attribute.kind === 'graphs') for (const graph of attribute.value) names.push(...captured(graph));
  }
  return names;
}

/** Values a subgraph reads from outside. */
export function captured(graph: Graph): string[] {
  const own = new Set([...graph.initializers.keys(), ...graph.inputs.map((input) => input.name)]);
  const names = new Set<string>();
  for (const node of graph.nodes) {
    for (const name of valuesRead(node)) if (!own.has(name)) names.add(name);
    for (const name of node.outputs) own.add(name);
  }
  for (const output of graph.outputs) if (!own.has(output.name)) names.add(output.name);
  return [...names];
}

/** Names of all values of a graph. */
export function valueNames(graph: Graph): Set<string> {
  const names = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) if (output !== '') names.add(output);
  return names;
}

/** The node that makes each value. */
export function producers(nodes: readonly Node[]): Map<string, Node> {
  const result = new Map<string, Node>();
  for (const node of nodes) for (const output of node.outputs) if (output !== '') result.set(output, node);
  return result;
}

/** Values that `targets` are computed from, themselves included. */
export function ancestors(nodes: readonly Node[], targets: Iterable<string>): Set<string> {
  const made = producers(nodes), found = new Set<string>(), open = [...targets];
  while (open.length > 0) {
    const name = open.pop()!;
    if (found.has(name)) continue;
    found.add(name);
    const node = made.get(name);
    if (node) open.push(...valuesRead(node));
  }
  return found;
}

export interface Flow {
  /** Values a cotangent can be needed for: they depend on `wrt` differentiably, and the target depends on them. */
  readonly active: ReadonlySet<string>;
  /** Nodes between `wrt` and target where a path ended. */
  readonly ends: readonly Node[];
  /** Whether the target depends on `wrt` at all. */
  readonly depends: boolean;
}

/**
 * Follows `wrt` forward to `target` (nodes in topological order).
 * @param dtype element type of a value; undefined counts as float.
 */
export function findFlow(nodes: readonly Node[], wrt: Iterable<string>, target: string, dtype: (value: string) => DType | undefined): Flow {
  const behind = ancestors(nodes, [target]);
  const active = new Set<string>(), touched = new Set<string>(), ends: Node[] = [];
  for (const name of wrt) {
    touched.add(name);
    if (behind.has(name) && isFloat(dtype(name) ?? 'float32')) active.add(name);
  }
  for (const node of nodes) {
    const outputs = node.outputs.filter((output) => behind.has(output));
    if (outputs.length === 0) continue;
    const reads = valuesRead(node);
    if (reads.some((name) => touched.has(name))) for (const output of outputs) touched.add(output);
    if (!reads.some((name) => active.has(name))) continue;
    const smooth = outputs.filter((output) => (isFloat(dtype(output) ?? 'float32') || standsForReal(node)) && !(node.opType === 'Dropout' && output !== node.outputs[0]));
    if (isEnd(node) || smooth.length === 0) ends.push(node);
    else for (const output of smooth) active.add(output);
  }
  return { active, ends, depends: touched.has(target) };
}

/** Integers that stand for real numbers: the derivative goes through them (see dequantise.ts). */
function standsForReal(node: Pick<Node, 'opType'>): boolean {
  return node.opType === 'QuantizeLinear';
}

/** Whether an op's derivative is zero or does not exist by its nature. */
export function isEnd(node: Pick<Node, 'opType' | 'domain'>): boolean {
  const key = ruleKey(node);
  return stops.has(key) || zeroAlmostEverywhere.has(key);
}

/** One sentence: why nothing flows from the target back to `wrt`, naming the op where the path ends. */
export function whyNothingFlows(flow: Flow, wrt: string, target: string, dtype: DType | undefined): { opType: string; node: string; reason: string } {
  if (dtype !== undefined && !isFloat(dtype)) {
    return { opType: 'Input', node: wrt, reason: `it holds ${dtype} values, which have no gradient; differentiate to the first float value behind it (for words: the output of the embedding)` };
  }
  const end = flow.ends[0];
  if (!end) return { opType: 'Value', node: target, reason: `it does not depend on '${wrt}'` };
  const key = ruleKey(end);
  if (explanation(key)) return { opType: key, node: nodeLabel(end), reason: noRuleReason(end) };
  const why = zeroAlmostEverywhere.has(key) ? 'its derivative is zero almost everywhere' : 'its output is not a smooth function of its input';
  return { opType: key, node: nodeLabel(end), reason: `${why}, so no gradient reaches '${wrt}'. Choose a layer behind it to differentiate to, or a method that needs no gradient (occlusion, RISE, LIME, SHAP)` };
}

/** The first node on an active path that no rule covers. */
export function missingRule(nodes: readonly Node[], flow: Flow, rules: RuleTable): Node | undefined {
  return nodes.find((node) => node.outputs.some((output) => flow.active.has(output)) && valuesRead(node).some((name) => flow.active.has(name)) && !rules[ruleKey(node)]);
}
