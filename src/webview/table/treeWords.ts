/** A distilled tree in words: its questions, and what it answers. */
import type { Feature, TableReading, TreeNode } from '../../protocol/table';
import { formatNumber, formatPercent, formatValue } from '../common/format';
import { t } from '../common/strings';

/** 'age ≤ 30', 'work is one of Private, Self-Employed'. */
export function condition(feature: Feature, threshold: number, below: boolean): string {
  if (feature.kind !== 'category' || !feature.categories) return `${feature.name} ${ofNumbers(threshold, below)}`;
  const words = categoriesOf(feature, threshold, below);
  return words.length === 1 ? t('{0} is {1}', feature.name, words[0]!) : t('{0} is one of {1}', feature.name, someWords(words, 4));
}

/** The same without the feature's name: '≤ 30', 'Private, Self-Employed'. */
export function way(feature: Feature, threshold: number, below: boolean): string {
  return feature.kind === 'category' && feature.categories ? categoriesOf(feature, threshold, below).join(', ') : ofNumbers(threshold, below);
}

export interface Answer {
  /** Place of the class that most rows get; 0 for values. */
  readonly place: number;
  /** Its name, or the mean value. */
  readonly name: string;
  /** Its share of the rows; absent for values. */
  readonly share?: number;
}

export function answerOf({ value }: TreeNode, { task, outputs }: Pick<TableReading, 'task' | 'outputs'>): Answer {
  if (task !== 'classification') return { place: 0, name: formatValue(value[0] ?? NaN) };
  const place = value.indexOf(Math.max(...value));
  return { place, name: className(outputs, place), share: value[place] ?? NaN };
}

/** Of a single output its absence is a class, too. */
export function className(outputs: readonly string[], place: number): string {
  return outputs.length === 1 ? (place === 0 ? t('not {0}', outputs[0]!) : outputs[0]!) : outputs[place] ?? String(place);
}

export function answerWords(node: TreeNode, reading: Pick<TableReading, 'task' | 'outputs'>): string {
  const { name, share } = answerOf(node, reading);
  return share === undefined ? name : `${name} (${formatPercent(share)})`;
}

/** Every node below and at `tree`, with the way to it: one letter a question, l or r. */
export function* nodesOf(tree: TreeNode, path = ''): Generator<{ readonly node: TreeNode; readonly path: string }> {
  yield { node: tree, path };
  if (tree.left && tree.right) {
    yield* nodesOf(tree.left, `${path}l`);
    yield* nodesOf(tree.right, `${path}r`);
  }
}

/** The conditions on the way to a node, from the root. */
export function conditionsTo(tree: TreeNode, path: string, features: readonly Feature[]): string[] {
  let node: TreeNode | undefined = tree;
  return [...path].flatMap((letter) => {
    const here: TreeNode | undefined = node;
    if (here?.feature === undefined) return [];
    node = letter === 'l' ? here.left : here.right;
    return [condition(features[here.feature]!, here.threshold!, letter === 'l')];
  });
}

export function rowsWords(rows: number, total: number): string {
  return t('{0} rows, {1}', formatNumber(rows), formatPercent(rows / total));
}

function categoriesOf({ categories = [] }: Feature, threshold: number, below: boolean): string[] {
  return categories.filter((_, place) => (place <= threshold) === below);
}

function someWords(words: readonly string[], most: number): string {
  return words.length > most ? `${words.slice(0, most).join(', ')}, …` : words.join(', ');
}

function ofNumbers(threshold: number, below: boolean): string {
  return `${below ? '≤' : '>'} ${formatValue(threshold).replace(/^-/, '−')}`;
}
