/** The distilled tree of a report: a box a question or answer, ways as wide as the rows that go there. */
import { hierarchy, tree as treeLayout } from 'd3-hierarchy';
import type { Feature, TreeNode } from '../../../methods/table/tableMethod';
import { leafText, splitText } from '../../table/treeText';
import { cut, svg, tag, words } from './charts';

const box = { width: 138, height: 46, gapX: 10, gapY: 56 }, coloured = 8, widest = 14;

export function drawTree(tree: TreeNode, features: readonly Feature[], outputs: readonly string[], task: 'classification' | 'regression'): string {
  const root = treeLayout<TreeNode>().nodeSize([box.width + box.gapX, box.height + box.gapY]).separation(() => 1)(hierarchy(tree, ({ left, right }) => (left && right ? [left, right] : [])));
  const nodes = root.descendants(), left = Math.min(...nodes.map(({ x }) => x)) - box.width / 2 - 6, width = Math.max(...nodes.map(({ x }) => x)) + box.width / 2 + 6 - left, height = Math.max(...nodes.map(({ y }) => y)) + box.height + 8;
  const ways = root.links().map(({ source, target }) => {
    const from = source.y + box.height, middle = (from + target.y) / 2, asked = features[source.data.feature!]!, split = splitText(asked, source.data.threshold!)[target.data === source.data.left ? 0 : 1].slice(asked.name.length + 1).replace(/^is one of /, '');
    return [tag('path', { class: 'way', 'stroke-width': Math.max(1, (widest * target.data.rows) / tree.rows), d: `M${source.x} ${from}C${source.x} ${middle} ${target.x} ${middle} ${target.x} ${target.y}` }), words(source.x + 0.68 * (target.x - source.x), from + 0.64 * box.gapY, cut(split, 22), 'halo middle')] as const;
  });
  const boxes = nodes.map(({ x, y, data }) => {
    const answer = leafText(data, outputs, task).replace(/ \([^(]*rows\)$/, ''), best = Math.max(...data.value), leaf = !data.left, start = x - box.width / 2;
    return tag('g', {}, tag('rect', { class: 'box', x: start, y, width: box.width, height: box.height, rx: 4 }), ...(task === 'classification' ? shares(data, start + 8, y + box.height - 8, box.width - 16) : []),
      words(start + 8, y + 16, cut(leaf ? answer : `${features[data.feature!]!.name}?`, 21)), words(start + 8, y + 31, cut(task === 'classification' ? `${leaf ? '' : `${cut(answer, 8)} `}${(100 * best).toFixed(1)} %, ${data.rows} rows` : `${leaf ? '' : `${answer}, `}${data.rows} rows`, 25), 'quiet'));
  });
  return `<div class="scroll">${svg(width, height, 'Decision tree', tag('g', { transform: `translate(${Math.round(-left)} 2)` }, ...ways.map(([path]) => path), ...ways.map(([, label]) => label), ...boxes))}</div>`;
}

export function classColor(place: number): string {
  return place < coloured ? `var(--c${place})` : 'var(--muted)';
}

function shares({ value }: TreeNode, x: number, y: number, width: number): string[] {
  let start = x;
  return value.map((share, place) => {
    const at = start;
    start += share * width;
    return tag('rect', { x: at, y, width: share * width, height: 4, fill: classColor(place) });
  });
}
