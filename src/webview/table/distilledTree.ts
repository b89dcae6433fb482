/** The distilled tree: how well each depth agrees with the model, the tree drawn, the chosen rule in words, and files of it. */
import type { Surrogate, TreeNode } from '../../protocol/table';
import { h, replace } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { csvLine } from '../common/csv';
import { formatNumber, formatPercent, formatValue } from '../common/format';
import type { MenuItem } from '../common/menu';
import { t } from '../common/strings';
import { onThemeChange } from '../common/theme';
import { showFidelity } from './fidelityChart';
import { Chart } from './plot';
import { asPng, selfContained } from './plotExport';
import type { TablePage, TableSession } from './tab';
import { drawTree, legendEntries, paintOf } from './treeDrawing';
import { TreeCanvas } from './treeCanvas';
import { treeRules } from './treeRules';
import { answerWords, className, conditionsTo, nodesOf, rowsWords } from './treeWords';

const usualDepth = 3, mostDrawn = 1023;

export class DistilledTree {
  readonly element = h('section', { class: 'distilled', attributes: { 'aria-label': t('Distilled tree') } });
  private readonly chart = new Chart();
  private readonly depths = h('div', { class: 'depths', attributes: { role: 'radiogroup', 'aria-label': t('Depth') } });
  private readonly about = h('p', { class: 'sentence' });
  private readonly canvas = new TreeCanvas((path) => this.describe(path));
  private readonly legend = h('ul', { class: 'tree-legend' });
  private readonly chosen = h('div', { class: 'tree-chosen', attributes: { role: 'status' } });
  private readonly rules = h('div', { class: 'rules-place' });
  private readonly details = h('details', { class: 'rules-details' }, h('summary', {}, t('Rules in words')), this.rules);
  private readonly failed = h('p', { class: 'error-text', attributes: { role: 'alert' } });
  private shown: { readonly found: Surrogate; readonly session: TableSession; readonly rows: { readonly train: number; readonly heldOut: number } } | undefined;
  private depth = usualDepth;
  private cut: TreeNode | undefined;

  constructor(private readonly page: TablePage) {
    onThemeChange(() => { if (this.shown) this.draw(); });
  }

  clear(...words: readonly (Node | string)[]): void {
    this.shown = this.cut = undefined;
    this.canvas.clear();
    replace(this.element, h('p', { class: 'muted pad' }, ...words));
  }

  /** @param rows how many it learnt from, and how many it is judged by. */
  show(found: Surrogate, session: TableSession, rows: { readonly train: number; readonly heldOut: number }): void {
    this.shown = { found, session, rows };
    const save = (form: 'onnx' | 'text'): (() => void) => () => void this.file(form).then((bytes) => bytes && this.page.save(`tree.${form === 'onnx' ? 'onnx' : 'txt'}`, bytes));
    replace(this.element, this.about,
      h('div', { class: 'tree-bar' }, h('span', { class: 'muted' }, t('Depth')), this.depths, this.canvas.zoomButtons, h('span', { class: 'tree-actions' },
        actionButton({ label: t('Save as ONNX…'), run: save('onnx') }), actionButton({ label: t('Save as text…'), secondary: true, run: save('text') }), actionButton({ label: t('Copy rules'), secondary: true, run: () => void this.copyRules() }))),
      this.failed, this.legend, this.canvas.element, this.chosen, this.details, h('div', { class: 'surrogate-charts' }, this.chart.element));
    this.draw();
  }

  exports(): readonly MenuItem[] {
    if (!this.cut) return [];
    const { page } = this;
    return [
      { label: t('Save the tree as SVG…'), run: () => page.save('tree.svg', new TextEncoder().encode(this.svg())) },
      { label: t('Save the tree as PNG…'), run: () => void this.png().then((bytes) => page.save('tree.png', bytes)) },
      { label: t('Save the tree as CSV…'), run: () => page.save('tree.csv', new TextEncoder().encode(this.csv())) },
      { label: t('Copy rules'), run: () => void this.copyRules() },
    ];
  }

  private draw(): void {
    const { found, session, rows } = this.shown!, { reading, features } = session, classes = reading.task === 'classification', sizes = found.fidelity.map(({ size }) => size);
    if (!found.tree) return;
    this.depth = Math.min(this.depth, sizes.at(-1) ?? 1);
    const tree = (this.cut = cutAt(found.tree, this.depth)), fidelity = found.fidelity.find(({ size }) => size === this.depth), percent = formatPercent(fidelity?.heldOut ?? NaN);
    this.about.textContent = `${t('A decision tree that was taught to answer as the model does, on {0} rows.', formatNumber(rows.train))} ${classes
      ? t('{0} deep, it gives the model’s class for {1} of {2} rows that it has not seen.', this.depth, percent, formatNumber(rows.heldOut))
      : t('{0} deep, it explains {1} of the variance of the model’s answers on {2} rows that it has not seen.', this.depth, percent, formatNumber(rows.heldOut))}`;
    showFidelity(this.chart, found.fidelity, {
      title: t('Agreement by depth'), axis: t('Depth'), measure: classes ? t('How often the tree gives the class that the model gives') : t('How much of the variance of the model’s answers the tree explains (R²)'),
      chosen: this.depth, keep: this.page, choose: (depth) => this.cutTo(depth),
    });
    replace(this.depths, ...sizes.map((size) => h('button', { class: 'depth', attributes: { type: 'button', role: 'radio', 'data-depth': size, 'aria-checked': String(size === this.depth), tabindex: size === this.depth ? 0 : -1 }, title: t('Show the tree cut at this depth'), on: { click: () => this.cutTo(size), keydown: (event) => this.walk(event, sizes) } }, String(size))));
    const { range } = paintOf(tree, reading);
    replace(this.legend, ...legendEntries(tree, reading).map(({ color, text }) => { const swatch = h('span', { class: 'class-swatch', attributes: { 'aria-hidden': true } }); swatch.style.background = color; return h('li', {}, swatch, text); }),
      range && h('li', {}, t('Colours from {0} (lowest) to {1} (highest)', formatValue(range[0]), formatValue(range[1]))), h('li', { class: 'muted' }, t('A way is as wide as the rows that go there are many.')));
    let count = 0;
    for (const _ of nodesOf(tree)) count++;
    if (count <= mostDrawn) this.canvas.show(drawTree(tree, features, reading));
    else this.canvas.clear();
    replace(this.rules, treeRules(tree, features, reading));
  }

  private cutTo(depth: number): void {
    if (depth === this.depth || !this.shown) return;
    const focused = this.depths.contains(document.activeElement);
    this.depth = depth;
    this.draw();
    if (focused) this.depths.querySelector<HTMLElement>(`[data-depth="${depth}"]`)?.focus();
  }

  private walk(event: KeyboardEvent, sizes: readonly number[]): void {
    const to = { ArrowRight: this.depth + 1, ArrowDown: this.depth + 1, ArrowLeft: this.depth - 1, ArrowUp: this.depth - 1, Home: sizes[0], End: sizes.at(-1) }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (sizes.includes(to)) this.cutTo(to);
  }

  /** The chosen node in words: the way to it, what it answers, and what it asks. */
  private describe(path: string): void {
    const { cut, shown } = this;
    if (!cut || !shown) return;
    const { features, reading } = shown.session, node = [...path].reduce<TreeNode>((at, letter) => (letter === 'l' ? at.left : at.right) ?? at, cut), conditions = conditionsTo(cut, path, features), asked = node.left && node.feature !== undefined ? node.feature : undefined;
    replace(this.chosen, h('p', {}, conditions.length === 0 ? t('All rows') : t('Where {0}', conditions.join(t(' and '))), ': ', h('strong', {}, answerWords(node, reading)), h('span', { class: 'muted' }, ` (${rowsWords(node.rows, cut.rows)})`)),
      asked !== undefined && actionButton({ label: t('What {0} does', features[asked]!.name), secondary: true, run: () => shown.session.chooseFeature(asked, 'features') }));
  }

  private async file(form: 'onnx' | 'text'): Promise<Uint8Array | undefined> {
    const { found, session } = this.shown!;
    this.failed.textContent = '';
    try {
      return (await session.ask('treeFile', { tree: found.tree!, depth: this.depth, features: session.features, outputs: session.reading.outputs, task: session.reading.task, form })).bytes;
    } catch (error) {
      this.failed.textContent = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  private async copyRules(): Promise<void> {
    const bytes = await this.file('text');
    if (bytes) this.page.copy(new TextDecoder().decode(bytes));
  }

  private svg(): string {
    const drawing = this.element.querySelector<SVGSVGElement>('.tree-drawing');
    if (!drawing) throw new Error(t('The tree is too large to be drawn; choose a smaller depth.'));
    return selfContained(drawing, { title: t('Distilled tree'), description: this.about.textContent ?? '', legend: legendEntries(this.cut!, this.shown!.session.reading) });
  }

  /** Twice as large as it is shown, as long as a picture can be that large. */
  private png(): Promise<Uint8Array> {
    const { width, height } = this.element.querySelector<SVGSVGElement>('.tree-drawing')!.getBoundingClientRect();
    return asPng(this.svg(), Math.min(2, 16_000 / width, 16_000 / height));
  }

  /** One line a node. */
  private csv(): string {
    const { session: { features, reading } } = this.shown!, { outputs, task } = reading, tree = this.cut!;
    const head = ['rule', 'depth', 'question', 'rows', 'impurity', ...(task === 'classification' ? tree.value.map((_, place) => className(outputs, place)) : outputs.slice(0, 1))];
    return [head, ...[...nodesOf(tree)].map(({ node, path }) => [conditionsTo(tree, path, features).join(' and '), path.length, node.feature === undefined ? '' : features[node.feature]!.name, node.rows, node.impurity, ...node.value].map(String))].map(csvLine).join('');
  }
}

/** What lies deeper than `depth` questions becomes an answer. */
function cutAt({ left, right, feature, threshold, ...rest }: TreeNode, depth: number): TreeNode {
  return depth > 0 && left && right ? { ...rest, feature, threshold, left: cutAt(left, depth - 1), right: cutAt(right, depth - 1) } : rest;
}
