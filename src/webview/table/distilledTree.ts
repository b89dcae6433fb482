/** The distilled tree as rules: an indented list, the share of rows at each, and how well each depth agrees with the model. */
import type { Feature, Surrogate, TableReading, TreeNode } from '../../protocol/table';
import { h, replace } from '../common/dom';
import { formatNumber, formatPercent, formatValue } from '../common/format';
import { t } from '../common/strings';

/** Rules drawn; deeper ones are counted. */
const most = 400;

export class DistilledTree {
  readonly element = h('div', { class: 'distilled' });
  private depth: number | undefined;
  private drawn = 0;

  show(found: Surrogate, reading: TableReading): void {
    this.draw(found, reading, Math.min(this.depth ?? 3, found.fidelity.length));
  }

  clear(...words: readonly (Node | string)[]): void {
    replace(this.element, h('p', { class: 'muted pad' }, ...words));
  }

  private draw(found: Surrogate, reading: TableReading, depth: number): void {
    const classes = reading.task === 'classification', features = reading.mapping.features.map(({ feature }) => feature), share = (value: number): string => (classes ? formatPercent(value) : formatValue(value));
    const choose = (size: number): void => { this.depth = size; this.draw(found, reading, size); this.element.querySelector<HTMLElement>(`[data-depth="${size}"]`)?.focus(); };
    const table = h('table', { class: 'fidelity' }, h('caption', {}, classes ? t('How often the tree gives the class that the model gives') : t('How much of the variance of the model’s answers the tree explains (R²)')),
      h('thead', {}, h('tr', {}, ...[t('Depth'), t('Rules'), t('Rows it learnt from'), t('Held-out rows')].map((text) => h('th', { attributes: { scope: 'col' } }, text)))),
      h('tbody', {}, ...found.fidelity.map(({ size, train, heldOut, leaves }) => h('tr', { class: size === depth ? 'chosen' : '' },
        h('th', { attributes: { scope: 'row' } }, h('button', { class: 'depth', attributes: { type: 'button', 'data-depth': size, 'aria-pressed': String(size === depth) }, title: t('Show the tree cut at this depth'), on: { click: () => choose(size) } }, String(size))),
        h('td', {}, leaves === undefined ? '–' : formatNumber(leaves)), h('td', {}, share(train)), h('td', {}, track(heldOut), share(heldOut))))));
    this.drawn = 0;
    const rules = found.tree && h('ul', { class: 'rules', attributes: { 'aria-label': t('Rules') } }, ...this.rules(found.tree, found.tree.rows, features, reading, depth));
    replace(this.element, h('p', { class: 'sentence' }, t('A decision tree that was taught to answer as the model does: rows it learnt from are not those it is judged by. Choose a depth to cut it there.')), table, rules ?? false,
      this.drawn >= most && h('p', { class: 'muted' }, t('Only the first {0} rules are drawn.', most)));
  }

  /** The two ways of a cut, one below the other; a leaf says what it answers. */
  private rules(node: TreeNode, total: number, features: readonly Feature[], reading: TableReading, depth: number): HTMLElement[] {
    if (node.feature === undefined || !node.left || !node.right || depth === 0) return [h('li', { class: 'leaf' }, answer(node, reading), rowsShare(node, total))];
    const feature = features[node.feature]!, threshold = node.threshold!;
    return ([[true, node.left], [false, node.right]] as const).flatMap(([below, next]) => {
      if (++this.drawn > most) return [];
      const leaf = depth === 1 || next.feature === undefined;
      return [h('li', {}, h('div', { class: 'rule' }, h('span', { class: 'condition' }, condition(feature, threshold, below)), leaf && h('span', { class: 'muted' }, ' → '), leaf && answer(next, reading), rowsShare(next, total)),
        !leaf && h('ul', {}, ...this.rules(next, total, features, reading, depth - 1)))];
    });
  }
}

function condition({ name, kind, categories }: Feature, threshold: number, below: boolean): string {
  if (kind !== 'category' || !categories) return `${name} ${below ? '≤' : '>'} ${formatValue(threshold)}`;
  const named = categories.filter((_, place) => (place <= threshold) === below), shown = named.slice(0, 4).join(', ');
  return t('{0} is one of {1}', name, named.length > 4 ? `${shown}, …` : shown);
}

function answer({ value }: TreeNode, { task, outputs }: TableReading): HTMLElement {
  if (task !== 'classification') return h('span', { class: 'answer' }, formatValue(value[0] ?? NaN));
  const best = value.indexOf(Math.max(...value));
  return h('span', { class: 'answer' }, outputs[best] ?? String(best), h('span', { class: 'muted numeric' }, ` ${formatPercent(value[best] ?? NaN)}`));
}

function rowsShare({ rows }: TreeNode, total: number): HTMLElement {
  return h('span', { class: 'rows-share muted numeric', title: t('{0} of {1} rows it learnt from', formatNumber(rows), formatNumber(total)) }, track(rows / total), t('{0} of the rows', formatPercent(rows / total)));
}

function track(value: number): HTMLElement {
  const fill = h('span', {});
  fill.style.width = `${Math.max(0, Math.min(1, value || 0)) * 100}%`;
  return h('span', { class: 'mini-track', attributes: { 'aria-hidden': true } }, fill);
}
