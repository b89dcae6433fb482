/** The distilled tree as rules: an indented list, the two ways of a question one below the other, the share of rows at each. */
import type { Feature, TableReading, TreeNode } from '../../protocol/table';
import { h } from '../common/dom';
import { formatNumber, formatPercent } from '../common/format';
import { t } from '../common/strings';
import { answerOf, condition } from './treeWords';

/** Rules listed; deeper ones are counted. */
const most = 400;

export function treeRules(tree: TreeNode, features: readonly Feature[], reading: TableReading): HTMLElement {
  let listed = 0;
  const rules = (node: TreeNode): HTMLElement[] => {
    if (node.feature === undefined || !node.left || !node.right) return [h('li', { class: 'leaf' }, answer(node, reading), rowsShare(node, tree.rows))];
    const feature = features[node.feature]!, threshold = node.threshold!;
    return ([[true, node.left], [false, node.right]] as const).flatMap(([below, next]) => {
      if (++listed > most) return [];
      const leaf = !next.left;
      return [h('li', {}, h('div', { class: 'rule' }, h('span', { class: 'condition' }, condition(feature, threshold, below)), leaf && h('span', { class: 'muted' }, ' → '), leaf && answer(next, reading), rowsShare(next, tree.rows)),
        !leaf && h('ul', {}, ...rules(next)))];
    });
  };
  const list = h('ul', { class: 'rules', attributes: { 'aria-label': t('Rules') } }, ...rules(tree));
  return h('div', {}, list, listed > most && h('p', { class: 'muted' }, t('Only the first {0} rules are listed.', most)));
}

function answer(node: TreeNode, reading: TableReading): HTMLElement {
  const { name, share } = answerOf(node, reading);
  return h('span', { class: 'answer' }, name, share !== undefined && h('span', { class: 'muted numeric' }, ` ${formatPercent(share)}`));
}

function rowsShare({ rows }: TreeNode, total: number): HTMLElement {
  const fill = h('span', {});
  fill.style.width = `${(100 * rows) / total}%`;
  return h('span', { class: 'rows-share muted numeric', title: t('{0} of {1} rows it learnt from', formatNumber(rows), formatNumber(total)) },
    h('span', { class: 'mini-track', attributes: { 'aria-hidden': true } }, fill), t('{0} of the rows', formatPercent(rows / total)));
}
