/** "What if…": choose a part of the picture, delete it, blur it or keep only it, and see at once what the model says. */
import './regions.css';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { Fill, PictureEdit } from '../../../protocol/whatIf';
import { Refused } from '../../common/ask';
import { h } from '../../common/dom';
import { formatPercent } from '../../common/format';
import { t } from '../../common/strings';
import type { Part, Workbench } from '../workbench';
import { Answer, answerInWords } from './answer';
import { choiceButtons } from './choiceButtons';
import { Selection } from './selection';
import { toolFor, type ToolName } from './tools';

type Action = PictureEdit['action'];

/** Two parts of one thing: the tools above the picture, and the answer below it. */
export function regionParts(): ((workbench: Workbench) => Part)[] {
  let whatIf: WhatIf | undefined;
  return [
    (workbench) => (whatIf = new WhatIf(workbench)),
    () => ({ place: 'below', element: whatIf!.answer.element }),
  ];
}

class WhatIf implements Part {
  readonly place = 'tools';
  readonly element: HTMLElement;
  readonly answer = new Answer();
  private readonly toggle = h('button', { class: 'what-if-toggle', attributes: { type: 'button', 'aria-pressed': 'false' }, on: { click: () => this.setActive(!this.active) } }, t('What if…'));
  private readonly controls = h('div', { class: 'what-if-controls', attributes: { hidden: true, role: 'toolbar', 'aria-label': t('Change a part of the picture') } });
  private readonly tools = choiceButtons<ToolName>(t('Choose by'), [['superpixel', t('Superpixels'), t('Click regions of like colour; with the keyboard: arrow keys and Space')], ['box', t('Box'), t('Drag a rectangle; with Alt it is taken away')], ['brush', t('Brush'), t('Paint; with Alt it is wiped away')]], () => this.useTool());
  private readonly actions = choiceButtons<Action>(t('Then'), [['delete', t('Delete'), t('What was chosen is replaced')], ['blur', t('Blur'), t('What was chosen is blurred')], ['keep', t('Keep only'), t('All but what was chosen is replaced')]], () => { this.showFill(); this.ask(); });
  private readonly fill = h('vscode-single-select', { class: 'what-if-fill', attributes: { label: t('Replaced by') } });
  private readonly size = h('input', { class: 'what-if-size', title: t('Size of the brush'), attributes: { type: 'range', min: 2, max: 60, value: 16, 'aria-label': t('Size of the brush') } });
  private readonly finer = h('input', { class: 'what-if-size', title: t('Number of superpixels'), attributes: { type: 'range', min: 10, max: 250, step: 10, value: 60, 'aria-label': t('Number of superpixels') } });
  private readonly undo = h('button', { class: 'what-if-button', title: t('Undo (Ctrl+Z)'), attributes: { type: 'button' }, on: { click: () => this.back() } }, t('Undo'));
  private readonly clear = h('button', { class: 'what-if-button', attributes: { type: 'button' }, on: { click: () => { this.selection?.mask.clear(); this.changed(); } } }, t('Clear'));
  private active = false;
  private selection: Selection | undefined;
  private loading: AbortController | undefined;
  /** One question is under way at a time; what was asked meanwhile is asked after it, the last only. */
  private asking = false;
  private again = false;

  constructor(private readonly workbench: Workbench) {
    const names: [Fill, string][] = [['neighbours', t('What lies around')], ['mean', t('Mean colour')], ['blur', t('Its own blur')], ['grey', t('Grey')], ['black', t('Black')]];
    this.fill.append(...names.map(([value, label]) => h('vscode-option', { attributes: { value } }, label)));
    this.fill.value = 'neighbours';
    this.fill.addEventListener('change', () => this.ask());
    this.finer.addEventListener('change', () => void this.load());
    this.controls.append(this.tools.element, this.finer, this.size, this.actions.element, this.fill, h('span', { class: 'what-if-space' }), this.undo, this.clear);
    this.element = h('div', { class: 'what-if' }, this.toggle, this.controls);
    this.answer.element.hidden = true;
    this.showTool();
  }

  onSubject(): void {
    this.setActive(false);
    this.toggle.disabled = false;
  }

  /** Another target, another preparation: the same edit has another answer. */
  onPrepared(): void {
    if (!this.active) return;
    const key = this.viewKey();
    if (key !== this.shownKey) void this.load();
    else this.ask();
  }

  private shownKey: string | undefined;

  /** What the regions depend on. */
  private viewKey(): string {
    const { state, prepared } = this.workbench;
    return JSON.stringify([state?.image, state?.model, state?.preprocessing, prepared?.preprocessing.map(({ entry }) => entry)]);
  }

  private setActive(active: boolean): void {
    if (active === this.active) return;
    this.active = active;
    this.toggle.setAttribute('aria-pressed', String(active));
    this.controls.hidden = this.answer.element.hidden = !active;
    document.body.classList.toggle('what-if-on', active);
    this.loading?.abort();
    if (active) return void this.load();
    this.workbench.picture.setTool(undefined);
    this.selection?.dispose();
    this.selection = undefined;
  }

  /** Gets the regions of what the model sees: the grid that everything is chosen on. */
  private async load(): Promise<void> {
    const { workbench } = this, loading = (this.loading = new AbortController()), key = this.viewKey();
    this.element.setAttribute('aria-busy', 'true');
    if (!this.selection) this.answer.clear(t('Finding the regions…'));
    try {
      const regions = await workbench.questions.ask('regions', { count: Number(this.finer.value) }, loading.signal);
      if (loading !== this.loading || !this.active) return;
      const old = this.selection, selection = new Selection(workbench.picture, regions);
      // What was drawn stays, where the view is the same.
      if (old && this.shownKey === key && old.mask.bytes.length === selection.mask.bytes.length) selection.mask.bytes = old.mask.bytes;
      old?.dispose();
      this.selection = selection;
      this.shownKey = key;
      workbench.picture.addLayer(selection);
      this.useTool();
      this.changed();
    } catch (error) {
      if (loading.signal.aborted || !this.active) return;
      this.failed(error);
    } finally {
      if (loading === this.loading) this.element.removeAttribute('aria-busy');
    }
  }

  private useTool(): void {
    this.showTool();
    const { selection, workbench } = this;
    if (!selection) return;
    const name = this.tools.value;
    selection.hovered = undefined;
    selection.showRegions = name === 'superpixel';
    selection.changed();
    workbench.picture.setTool(toolFor(name, selection, () => (Number(this.size.value) / 400) * Math.max(selection.mask.width, selection.mask.height), {
      onChange: () => this.changed(),
      onReach: (region) => this.sayRegion(region),
      undo: () => this.back(),
      leave: () => { this.setActive(false); this.toggle.focus(); },
    }));
  }

  private showTool(): void {
    this.size.hidden = this.tools.value !== 'brush';
    this.finer.hidden = this.tools.value !== 'superpixel';
    this.showFill();
  }

  private showFill(): void {
    this.fill.hidden = this.actions.value === 'blur';
  }

  private sayRegion(region: number): void {
    const { selection } = this;
    if (!selection) return;
    const share = formatPercent(selection.centres[region]!.cells / selection.mask.bytes.length);
    this.workbench.announce(selection.isChosen(region) ? t('Region {0} of {1}, {2} of the view, chosen', region + 1, selection.count, share) : t('Region {0} of {1}, {2} of the view', region + 1, selection.count, share));
  }

  private back(): void {
    this.selection?.mask.undo();
    this.changed();
  }

  private changed(): void {
    const { selection } = this;
    if (!selection) return;
    selection.changed();
    this.undo.disabled = !selection.mask.canUndo;
    this.clear.disabled = selection.mask.isEmpty;
    this.ask();
  }

  private ask(): void {
    const { selection } = this;
    if (!this.active || !selection) return;
    delete document.body.dataset.whatIf;
    if (selection.mask.isEmpty) {
      selection.show(undefined);
      this.again = false;
      return this.answer.clear(this.hint());
    }
    if (this.asking) this.again = true;
    else void this.answerNow(selection);
  }

  private hint(): string {
    switch (this.tools.value) {
      case 'superpixel': return t('Click a region of the picture: the model is asked at once what it says without it.');
      case 'box': return t('Drag a box over the picture: the model is asked at once what it says without it.');
      case 'brush': return t('Paint over a part of the picture: the model is asked at once what it says without it.');
    }
  }

  private async answerNow(selection: Selection): Promise<void> {
    const { state, questions, announce } = this.workbench, { width, height } = selection.mask;
    this.asking = true;
    this.again = false;
    const target = state?.target ?? (state?.targetClass === undefined ? undefined : { class: state.targetClass });
    const edit: PictureEdit = { mask: { width, height, bytes: selection.mask.bytes.slice() }, action: this.actions.value, fill: (this.fill.value || 'neighbours') as Fill };
    try {
      const result = await questions.ask('whatIf', { edit, ...(target && { target }) });
      if (!this.active || selection !== this.selection || selection.mask.isEmpty) return;
      const { bytes, mime } = result.picture, bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: mime }));
      if (!this.active || selection !== this.selection || selection.mask.isEmpty) return bitmap.close();
      selection.show(bitmap);
      this.answer.show(result);
      if (this.again) return;
      // In the page's data for those who watch: the last answer, once nothing else is asked.
      document.body.dataset.whatIf = `${result.before.score} ${result.after.score}`;
      announce(answerInWords(result));
    } catch (error) {
      if (this.active && selection === this.selection) this.failed(error);
    } finally {
      this.asking = false;
      if (this.again) this.ask();
    }
  }

  private failed(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    const { code, message, remedy } = error.error;
    if (code !== 'cancelled') this.answer.fail(message, remedy);
  }
}
