/** A decision tree as text: one line for each question and each leaf. */
import type { Feature, TreeNode } from '../../methods/table/tableMethod';

/** @param outputs names of the classes; a single one, or none, for values. */
export function treeText(tree: TreeNode, features: readonly Feature[], outputs: readonly string[], task: 'classification' | 'regression'): string {
  const lines: string[] = [];
  const visit = (node: TreeNode, depth: number): void => {
    const indent = '|   '.repeat(depth);
    if (node.feature === undefined || !node.left || !node.right) {
      lines.push(`${indent}=> ${leafText(node, outputs, task)}`);
      return;
    }
    const [left, right] = splitText(features[node.feature]!, node.threshold!);
    lines.push(`${indent}if ${left}`);
    visit(node.left, depth + 1);
    lines.push(`${indent}else (${right})`);
    visit(node.right, depth + 1);
  };
  visit(tree, 0);
  return `${lines.join('\n')}\n`;
}

export function leafText({ value, rows }: TreeNode, outputs: readonly string[], task: 'classification' | 'regression'): string {
  if (task === 'regression') return `${value.map(shortNumber).join(', ')} (${rows} rows)`;
  const best = value.indexOf(Math.max(...value));
  return `${outputs[best] ?? `class ${best}`} (${(100 * value[best]!).toFixed(1)} % of ${rows} rows)`;
}

/** What goes left and what goes right: numbers up to the threshold, categories by name. */
export function splitText({ name, kind, categories = [] }: Feature, threshold: number): [string, string] {
  if (kind !== 'category') return [`${name} <= ${shortNumber(threshold)}`, `${name} > ${shortNumber(threshold)}`];
  const words = (keep: (place: number) => boolean): string => categories.filter((_, place) => keep(place)).join(', ');
  return [`${name} is one of ${words((place) => place <= threshold)}`, `${name} is one of ${words((place) => place > threshold)}`];
}

/** A number with as many digits as tell something. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e7 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

/** A feature's value as people know it: the category's name, or the number; '' where it is missing. */
export function valueText({ kind, categories = [] }: Feature, value: number): string {
  if (Number.isNaN(value)) return '';
  return kind === 'category' ? categories[Math.round(value)] ?? String(value) : shortNumber(value);
}
