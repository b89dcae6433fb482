/** The distilled tree drawn from its root downwards: a box a question or answer, ways as wide as the rows that go there. */
import { hierarchy, tree as treeLayout, type HierarchyPointNode } from 'd3-hierarchy';
import type { Feature, TableReading, TreeNode } from '../../protocol/table';
import { t } from '../common/strings';
import { valueRamp } from './plotColors';
import { s } from './svg';
import { answerWords, className, conditionsTo, rowsWords, way } from './treeWords';

const box = { width: 152, height: 64, gapX: 16, gapY: 62, radius: 4 }, margin = 10, bar = 6, widest = 16;
/** Classes with a colour of their own (tree.css); those beyond share a grey. */
export const coloured = 8;

interface Datum { readonly node: TreeNode; readonly path: string }
type Placed = HierarchyPointNode<Datum>;

/** Colours of classes, or of values from the lowest to the highest leaf. */
export function paintOf(tree: TreeNode, { task }: Pick<TableReading, 'task'>): { of(node: TreeNode): string; range?: readonly [number, number] } {
  if (task === 'classification') return { of: (node) => classColor(node.value.indexOf(Math.max(...node.value))) };
  const values = leafValues(tree), low = Math.min(...values), high = Math.max(...values), ramp = valueRamp();
  return { of: ({ value }) => ramp(high > low ? (value[0]! - low) / (high - low) : 0.5), range: [low, high] };
}

export function classColor(place: number): string {
  return place < coloured ? `var(--class-${place})` : 'var(--chart-missing)';
}

function leafValues({ left, right, value }: TreeNode): number[] {
  return left && right ? [...leafValues(left), ...leafValues(right)] : [value[0] ?? NaN];
}

/** @returns the drawing at its own size; its nodes are `[data-path]`, the root's path is ''. */
export function drawTree(tree: TreeNode, features: readonly Feature[], reading: TableReading): SVGSVGElement {
  const layout = treeLayout<Datum>().nodeSize([box.width + box.gapX, box.height + box.gapY]).separation(() => 1);
  const root = layout(hierarchy<Datum>({ node: tree, path: '' }, ({ node: { left, right }, path }) => (left && right ? [{ node: left, path: `${path}l` }, { node: right, path: `${path}r` }] : [])));
  const nodes = root.descendants(), left = Math.min(...nodes.map(({ x }) => x)) - box.width / 2 - margin, right = Math.max(...nodes.map(({ x }) => x)) + box.width / 2 + margin, bottom = Math.max(...nodes.map(({ y }) => y)) + box.height + margin;
  const paint = paintOf(tree, reading), drawing = s('svg', { class: 'tree-drawing', viewBox: `0 0 ${right - left} ${bottom + margin}`, role: 'tree', 'aria-label': t('Distilled tree') }) as SVGSVGElement;
  drawing.append(s('g', { transform: `translate(${-left} ${margin})` }, ...root.links().map(({ source, target }) => edge(source, target, tree.rows)), ...root.links().map(({ source, target }) => edgeText(source, target, features)), ...nodes.map((placed) => nodeBox(placed, { tree, features, reading, color: paint.of(placed.data.node) }))));
  return drawing;
}

function edge(source: Placed, target: Placed, total: number): SVGElement {
  const { path, node } = target.data, from = source.y + box.height, to = target.y, middle = (from + to) / 2;
  return s('path', { class: 'way', 'data-way': path, d: `M${source.x} ${from}C${source.x} ${middle} ${target.x} ${middle} ${target.x} ${to}`, 'stroke-width': Math.max(1, (widest * node.rows) / total) });
}

function edgeText(source: Placed, target: Placed, features: readonly Feature[]): SVGElement {
  const { feature, threshold } = source.data.node, words = way(features[feature!]!, threshold!, target.data.path.endsWith('l'));
  // Below the middle, where the two ways are apart already.
  return s('text', { class: 'way-text', x: source.x + 0.68 * (target.x - source.x), y: source.y + box.height + 0.62 * box.gapY + 4, 'text-anchor': 'middle' }, s('title', {}, words), short(words, 21));
}

interface BoxAbout { readonly tree: TreeNode; readonly features: readonly Feature[]; readonly reading: TableReading; readonly color: string }

function nodeBox({ x, y, data: { node, path }, depth }: Placed, { tree, features, reading, color }: BoxAbout): SVGElement {
  const leaf = !node.left, left = x - box.width / 2, inner = box.width - 16;
  const said = answerWords(node, reading), question = node.feature === undefined ? undefined : features[node.feature]!.name;
  const [first, second] = leaf ? [said, ''] : [`${question}?`, said];
  const label = [conditionsTo(tree, path, features).at(-1), leaf ? undefined : t('asks for {0}', question!), answerWords(node, reading), rowsWords(node.rows, tree.rows)].filter(Boolean).join('; ');
  const texts = [s('text', { class: 'first', x: left + 9, y: y + 19 }, short(first, leaf ? 22 : 21)), second && s('text', { class: 'second', x: left + 9, y: y + 35 }, short(second, 24)), s('text', { class: 'second', x: left + 9, y: y + (leaf ? 36 : 50) }, rowsWords(node.rows, tree.rows))];
  const track = { x: left + 8, y: y + box.height - bar - 4 };
  const parts = reading.task === 'classification' && leaf ? shares(node, track, inner) : leaf ? [s('rect', { ...track, width: inner, height: bar, fill: color })] : reading.task === 'classification' ? shares(node, { x: left, y: y + box.height - 3 }, box.width, 3) : [];
  return s('g', { class: leaf ? 'tree-node leaf' : 'tree-node', 'data-path': path, role: 'treeitem', tabindex: path === '' ? 0 : -1, 'aria-level': depth + 1, 'aria-label': label },
    s('title', {}, label), s('rect', { class: 'box', x: left, y, width: box.width, height: box.height, rx: box.radius, ...(leaf && { stroke: color }) }), ...texts, ...parts);
}

/** How the rows fall to the classes, side by side. */
function shares({ value }: TreeNode, { x, y }: { readonly x: number; readonly y: number }, width: number, height = bar): SVGElement[] {
  let start = x;
  return value.flatMap((share, place) => {
    const wide = share * width, at = start;
    start += wide;
    return wide > 0.3 ? [s('rect', { x: at, y, width: wide, height, fill: classColor(place) })] : [];
  });
}

/** What the colours mean: classes that some node names, or values. */
export function legendEntries(tree: TreeNode, { task, outputs }: Pick<TableReading, 'task' | 'outputs'>): readonly { readonly color: string; readonly text: string }[] {
  if (task !== 'classification') return [];
  return tree.value.flatMap((share, place) => (share > 0 ? [{ color: classColor(place), text: className(outputs, place) }] : [])).slice(0, coloured + 1);
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
