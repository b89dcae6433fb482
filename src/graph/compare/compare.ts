/** Two models side by side: which layers line up, what changed, how far the weights are apart. */
import { groupNodes } from '../viewGroups';
import { align } from './align';
import { digestOf } from './attributes';
import type { ReadStored } from './constants';
import { flowingType } from './changes';
import { elementsOf, type Elements, type Side } from './elements';
import { clustersOf, layerRow, type Cluster } from './rows';
import type { ChangeKind, ComparedLayer, Comparison, WeightChange } from './types';
import { unionView, type Union } from './union';
import { compareWeights, constantsOf, weightWork, type WeightSide } from './weights';

export type { Side } from './elements';

/** Differences below this are rounding: of storing in another layout, or of folding constants. */
const rounding = 1e-6;

export interface WeightReading {
  readonly read: ReadStored;
  /** Elements compared so far, and in all. Throws to stop. */
  progress(done: number, total: number): void;
}

/** Two models lined up; weights are compared by `finish`. */
export interface Alignment {
  readonly a: Elements;
  readonly b: Elements;
  readonly union: Union;
  /** What each pair of layers makes: names of the values in either graph, and the layer in the second. */
  readonly values: readonly { readonly a: string; readonly b: string; readonly name: string; readonly type: string }[];
  /** Output ports that line up, by name. */
  readonly outputs: readonly { readonly a: string; readonly b: string }[];
}

/** Lines up two models by their structure. Reads no weights. Takes time about linear in the nodes of both. */
export function alignModels(first: Side, second: Side): Alignment {
  const norms = (side: Side): number => side.model.graph.nodes.reduce((count, { opType }) => count + (opType === 'BatchNormalization' ? 1 : 0), 0);
  const fewer = norms(first) - norms(second);
  const a = elementsOf(first, fewer < 0), b = elementsOf(second, fewer > 0);
  const matching = align(a.list, b.list, first.model.format === second.model.format);
  const union = unionView(a, b, clustersOf(a, b, matching));
  const values = union.clusters.flatMap(({ pairs }) => pairs.slice(0, 1).flatMap(([before, after]) => {
    const from = before.node?.outputs[0], to = after.node?.outputs[0];
    return from && to ? [{ a: from, b: to, name: second.view.nodes[after.drawn]!.name, type: after.type }] : [];
  }));
  const outputs = a.list.filter(({ kind, id }) => kind === 'output' && matching.ofA[id] !== -1).map(({ id, name }) => ({ a: name, b: b.list[matching.ofA[id]!]!.name }));
  return { a, b, union, values, outputs };
}

/** The comparison in full; with `reading`, weights too (a run of 2^18 elements of each side is held at a time). */
export async function finish(alignment: Alignment, reading?: WeightReading): Promise<Comparison> {
  const { a, b, union } = alignment;
  const weights = reading ? await allWeights(alignment, reading) : new Map<Cluster, WeightChange[]>();
  const kinds: ChangeKind[] = [...union.kinds];
  const layers: ComparedLayer[] = [];
  const totals = { same: 0, changed: 0, added: 0, removed: 0 };
  union.clusters.forEach((cluster, node) => {
    const rowA = layerRow(cluster, 'a', a), rowB = layerRow(cluster, 'b', b);
    // Ports are no layers, and neither is what is folded into one.
    if ((!rowA && !rowB) || (cluster.pairs.length > 0 && cluster.pairs.every(([{ kind }]) => kind !== 'op'))) return;
    const compared = weights.get(cluster) ?? [];
    const apart = compared.some(({ relativeError }) => relativeError !== null && !(relativeError <= rounding));
    const kind = cluster.kind === 'same' && apart ? 'changed' : cluster.kind;
    kinds[node] = kind;
    totals[kind]++;
    layers.push({ kind, node, ...(rowA && { a: rowA }), ...(rowB && { b: rowB }), changes: [...cluster.changes, ...(apart ? [weightWords(compared)] : [])], weights: compared });
  });
  // Drawn nodes know their row, as in a model's own view.
  const rows = new Map(layers.map(({ node }, row) => [node, row]));
  const nodes = union.view.nodes.map((node) => ({ ...node, layer: rows.get(node.id) ?? null }));
  return { layers, totals, view: groupNodes(nodes, union.view.edges), kinds, warnings: warningsOf(alignment, layers, reading !== undefined) };
}

function weightWords(weights: readonly WeightChange[]): string {
  const worst = weights.reduce((most, { relativeError }) => Math.max(most, relativeError ?? 0), 0);
  return `weights differ by ${worst === Infinity ? 'more than they were' : percent(worst)}`;
}

function percent(fraction: number): string {
  return `${fraction < 1e-4 ? (100 * fraction).toExponential(0) : Number((100 * fraction).toPrecision(2))} %`;
}

async function allWeights({ a, b, union }: Alignment, { read, progress }: WeightReading): Promise<Map<Cluster, WeightChange[]>> {
  const constants = { a: constantsOf(a, read), b: constantsOf(b, read) };
  const tasks: { readonly cluster: Cluster; readonly a: WeightSide; readonly b: WeightSide }[] = [];
  for (const cluster of union.clusters) {
    for (const [before, after] of cluster.pairs) {
      const part = (side: 'a' | 'b', how: string) => {
        const item = cluster.absorbed.find((each) => each.side === side && each.how === how && each.into === (side === 'a' ? before.id : after.id));
        return item && (side === 'a' ? a : b).list[item.element];
      };
      tasks.push({
        cluster,
        a: { elements: a, constants: constants.a, element: before, bias: part('a', 'bias'), norm: part('a', 'normalisation') },
        b: { elements: b, constants: constants.b, element: after, bias: part('b', 'bias'), norm: part('b', 'normalisation') },
      });
    }
  }
  const total = tasks.reduce((sum, task) => sum + weightWork(task.a, task.b), 0);
  let done = 0;
  progress(0, total);
  const found = new Map<Cluster, WeightChange[]>();
  for (const task of tasks) {
    const changes = await compareWeights(task.a, task.b, (elements) => progress(done += elements, total));
    if (changes.length) found.set(task.cluster, [...(found.get(task.cluster) ?? []), ...changes]);
  }
  return found;
}

function warningsOf({ a, b, union }: Alignment, layers: readonly ComparedLayer[], weights: boolean): string[] {
  const warnings: string[] = [];
  const folded = (elements: Elements, name: string): void => {
    const count = [...elements.folded.keys()].filter((node) => /quantize|^(Cast|Mul)$/i.test(elements.side.view.nodes[node]!.opType)).length;
    if (count > 0) warnings.push(`In ${name}, ${count === 1 ? 'one operator of quantisation is' : `${count} operators of quantisation are`} counted with the layers they serve.`);
  };
  folded(a, 'the first model');
  folded(b, 'the second model');
  const types = new Map<string, number>();
  for (const { pairs } of union.clusters) {
    const [pair] = pairs;
    if (!pair || pair[0].kind !== 'op' || pair[0].dtype === 'unknown' || pair[1].dtype === 'unknown') continue;
    const [from, to] = [flowingType(pair[0]), flowingType(pair[1])];
    // ONNX's name for a type that nobody stated.
    if (from === 'undefined' || to === 'undefined') continue;
    if (from !== to) types.set(`${from} in the first model and ${to} in the second`, (types.get(`${from} in the first model and ${to} in the second`) ?? 0) + 1);
  }
  for (const [words, count] of [...types].sort((x, y) => y[1] - x[1]).slice(0, 3)) warnings.push(`Values of ${count === 1 ? 'one layer' : `${count} layers`} are ${words}.`);
  const functions = new Map(a.side.model.functions.map((item) => [`${item.domain}.${item.name}`, item]));
  const differing = b.side.model.functions.filter((item) => { const other = functions.get(`${item.domain}.${item.name}`); return other && digestOf(other.nodes) !== digestOf(item.nodes); });
  if (differing.length > 0) warnings.push(`${differing.length === 1 ? 'A function differs' : `${differing.length} functions differ`} inside: ${differing.slice(0, 5).map(({ name }) => name).join(', ')}.`);
  const unread = weights ? layers.filter((layer) => layer.weights.some(({ relativeError }) => relativeError === null)).length : 0;
  if (unread > 0) warnings.push(`Weights of ${unread} layers could not be compared: their dims differ, or they are stored in a form that is not read here.`);
  return warnings;
}
