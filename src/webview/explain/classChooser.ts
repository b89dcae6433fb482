/** A box to search for a class by label or index. Labels are asked for when somebody first looks. */
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { ClassScore } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { formatPercent } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

const most = 60;
let ids = 0;

export class ClassChooser {
  readonly element: HTMLElement;
  private readonly id = `classes-${++ids}`;
  private readonly input = h('input', { class: 'text-input', attributes: { type: 'text', role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': this.id, spellcheck: 'false', autocomplete: 'off' } });
  private readonly list = h('ul', { class: 'options', attributes: { role: 'listbox', id: this.id, hidden: true } });
  private classes: readonly ClassScore[] = [];
  private complete = false;
  private count = 0;
  private found: readonly ClassScore[] = [];
  private active = 0;
  private current = '';

  /** @param options.empty what stands in the box while no class is chosen; then none can be chosen, too. */
  constructor(private readonly options: { readonly label: string; readonly empty?: string }, private readonly events: { onChoose(classIndex: number | undefined): void; onNeedClasses(): void }) {
    this.input.setAttribute('aria-label', options.label);
    this.input.placeholder = options.empty ?? '';
    const clear = h('button', { class: 'icon-button chooser-clear', title: t('Clear'), attributes: { type: 'button', 'aria-label': t('Clear') }, on: { click: () => this.events.onChoose(undefined) } }, icon('close'));
    this.element = h('div', { class: 'chooser' }, this.input, options.empty !== undefined && clear, this.list);
    this.input.addEventListener('focus', () => this.open());
    this.input.addEventListener('click', () => this.open());
    this.input.addEventListener('input', () => { this.active = 0; this.fill(); });
    this.input.addEventListener('blur', () => this.close());
    this.input.addEventListener('keydown', (event) => { if (this.key(event.key)) event.preventDefault(); });
    // Before the blur that a click elsewhere causes.
    this.list.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      const option = (event.target as Element).closest<HTMLElement>('[data-class]');
      if (option) this.choose(Number(option.dataset.class));
    });
  }

  /** @param classes what is known so far: the top classes, or (`complete`) all. */
  setClasses(classes: readonly ClassScore[], complete: boolean, count: number): void {
    this.classes = classes;
    this.complete = complete;
    this.count = count;
    if (!this.list.hidden) this.fill();
  }

  /** @param index undefined: no class. */
  setCurrent(label: string, index: number | undefined): void {
    this.current = index === undefined ? '' : label ? `${label} (${index})` : t('class {0}', index);
    this.element.classList.toggle('chosen', index !== undefined);
    if (this.list.hidden) this.input.value = this.current;
  }

  private open(): void {
    if (!this.list.hidden) return;
    if (!this.complete) this.events.onNeedClasses();
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.input.value = '';
    this.input.placeholder = this.current || t('Search a label or an index');
    this.active = 0;
    this.fill();
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    this.input.value = this.current;
    this.input.placeholder = this.options.empty ?? '';
  }

  private fill(): void {
    const query = this.input.value.trim().toLowerCase();
    const index = /^\d+$/.test(query) ? Number(query) : undefined;
    const named = this.classes.filter((score) => score.label.toLowerCase().includes(query) || score.index === index);
    // An index is a choice even where no label is known for it.
    const typed = index !== undefined && (this.count === 0 || index < this.count) && !named.some((score) => score.index === index);
    this.found = [...(typed ? [{ index, label: '', probability: null, logit: null, value: 0 }] : []), ...named].slice(0, most);
    this.active = Math.min(this.active, Math.max(0, this.found.length - 1));
    replace(this.list, ...this.found.map((score, position) => h('li', {
      class: position === this.active ? 'active' : '', title: score.label,
      attributes: { role: 'option', id: `${this.id}-${position}`, 'data-class': score.index, 'aria-selected': String(position === this.active) },
    }, h('span', { class: 'label' }, score.label || t('class {0}', score.index)), h('span', { class: 'muted numeric' }, score.probability === null ? String(score.index) : formatPercent(score.probability)))),
    this.found.length === 0 && h('li', { class: 'muted' }, this.complete ? t('no class matches') : t('looking…')));
    if (this.found.length) this.input.setAttribute('aria-activedescendant', `${this.id}-${this.active}`);
    this.list.children[this.active]?.scrollIntoView({ block: 'nearest' });
  }

  private key(key: string): boolean {
    if (key === 'Escape' && !this.list.hidden) { this.close(); return true; }
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      if (this.list.hidden) this.open();
      else this.active = Math.max(0, Math.min(this.found.length - 1, this.active + (key === 'ArrowDown' ? 1 : -1)));
      this.fill();
      return true;
    }
    const chosen = key === 'Enter' && !this.list.hidden ? this.found[this.active] : undefined;
    if (!chosen) return false;
    this.choose(chosen.index);
    return true;
  }

  private choose(index: number): void {
    this.close();
    this.events.onChoose(index);
  }
}
