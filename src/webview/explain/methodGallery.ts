/**
 * The chosen method in one card, and the gallery it opens: every method with the question it answers and the time it
 * takes, by what it does. Methods that do not apply to this model stay in the gallery and say why.
 */
import type { MethodInfo } from '../../protocol/engine';
import type { Estimate } from '../../protocol/estimates';
import { h, replace } from '../common/dom';
import { icon } from '../common/icons';
import { t } from '../common/strings';
import { estimateWords } from './estimateWords';

const groupNames = (): Readonly<Record<string, string>> => ({
  'where-it-looks': t('Where it looks'),
  'what-if-it-changes': t('What if it changes'),
  'inside-the-network': t('Inside the network'),
});

/** What the gallery opens over, and what it does. */
export interface GalleryEvents {
  choose(method: string): void;
  /** The gallery is about to be seen: estimates are wanted. */
  opened(): void;
}

export class MethodGallery {
  /** The card. */
  readonly element: HTMLElement;
  /** Covers the column beside the picture while it is open. */
  readonly gallery: HTMLElement;
  private readonly card = h('button', { class: 'method-card', attributes: { type: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' } });
  private readonly search = h('input', { class: 'text-input', attributes: { type: 'text', placeholder: t('Search methods'), 'aria-label': t('Search methods'), spellcheck: 'false', autocomplete: 'off' } });
  private readonly list = h('div', { class: 'methods', attributes: { role: 'listbox', 'aria-label': t('Method'), id: 'methods' } });
  private methods: readonly MethodInfo[] = [];
  private estimates: Readonly<Record<string, Estimate>> = {};
  private chosen = '';
  private active = '';

  constructor(private readonly events: GalleryEvents) {
    this.search.setAttribute('role', 'combobox');
    this.search.setAttribute('aria-controls', 'methods');
    this.search.setAttribute('aria-expanded', 'true');
    this.element = h('section', { class: 'block' }, h('h2', {}, t('Method')), this.card);
    this.gallery = h('div', { class: 'gallery', attributes: { role: 'dialog', 'aria-label': t('Methods'), hidden: true } },
      h('div', { class: 'gallery-head' }, icon('search'), this.search,
        h('button', { class: 'icon-button', title: t('Close'), attributes: { type: 'button', 'aria-label': t('Close') }, on: { click: () => this.close() } }, icon('close'))),
      this.list);
    this.card.addEventListener('click', () => (this.gallery.hidden ? this.open() : this.close()));
    this.search.addEventListener('input', () => { this.active = ''; this.render(); });
    this.gallery.addEventListener('keydown', (event) => this.key(event));
    this.renderCard();
  }

  /** Group by group; in each, those that apply come first, so that a long list begins with what can be chosen. */
  show(methods: readonly MethodInfo[]): void {
    const groups = [...new Set([...Object.keys(groupNames()), ...methods.map(({ group }) => group)])];
    this.methods = groups.flatMap((group) => {
      const own = methods.filter((method) => method.group === group);
      return [...own.filter(({ applies }) => applies), ...own.filter(({ applies }) => !applies)];
    });
    this.render();
    this.renderCard();
  }

  choose(method: string): void {
    this.chosen = method;
    this.render();
    this.renderCard();
  }

  showEstimates(estimates: Readonly<Record<string, Estimate>>): void {
    this.estimates = estimates;
    this.render();
    this.renderCard();
  }

  open(): void {
    this.gallery.hidden = false;
    this.card.setAttribute('aria-expanded', 'true');
    this.search.value = '';
    this.active = this.chosen;
    this.events.opened();
    this.render();
    this.search.focus();
    this.reveal(true);
  }

  close(): void {
    if (this.gallery.hidden) return;
    this.gallery.hidden = true;
    this.card.setAttribute('aria-expanded', 'false');
    this.card.focus();
  }

  private row(id: string): HTMLElement | null {
    return this.list.querySelector(`[data-method="${CSS.escape(id)}"]`);
  }

  private key(event: KeyboardEvent): void {
    const { key } = event, found = this.found(), at = found.findIndex(({ id }) => id === this.active);
    const to = key === 'ArrowDown' ? at + 1 : key === 'ArrowUp' ? at - 1 : undefined;
    if (to !== undefined) {
      this.active = found[Math.max(0, Math.min(found.length - 1, to))]?.id ?? '';
      this.mark();
    } else if (key === 'Enter' && event.target === this.search) {
      this.take(found[Math.max(0, at)]);
    } else if (key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private take(method: MethodInfo | undefined): void {
    if (!method?.applies) return;
    this.close();
    this.events.choose(method.id);
  }

  /** Methods whose title, question, or name in the literature holds every word of the search. */
  private found(): readonly MethodInfo[] {
    const words = this.search.value.trim().toLowerCase().split(/\s+/);
    return this.methods.filter(({ id, title, question, source }) => {
      const text = [id, title, t(title), t(question), source].join(' ').toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  private render(): void {
    if (this.gallery.hidden) return;
    const found = this.found(), groups = [...new Set(found.map(({ group }) => group))];
    if (!found.some(({ id }) => id === this.active)) this.active = (found.find(({ applies }) => applies) ?? found[0])?.id ?? '';
    replace(this.list, ...groups.map((group) => {
      const title = groupNames()[group] ?? group;
      return h('div', { attributes: { role: 'group', 'aria-label': title } }, h('h3', { class: 'muted' }, title), ...found.filter((method) => method.group === group).map((method) => this.entry(method)));
    }), found.length === 0 && h('p', { class: 'muted nothing' }, this.methods.length === 0 ? t('looking…') : t('No method matches.')));
    this.mark();
  }

  private entry(method: MethodInfo): HTMLElement {
    const { id, title, question, source, applies, reason } = method, time = applies ? estimateWords(this.estimates[id]) : '';
    return h('button', {
      class: 'method', title: source,
      // Reachable although disabled, so that the reason can be read.
      attributes: { type: 'button', role: 'option', id: `method-${id}`, 'aria-selected': String(id === this.chosen), 'aria-disabled': applies ? undefined : 'true', tabindex: -1, 'data-method': id },
      on: { click: () => this.take(method) },
    }, h('span', { class: 'method-title' }, t(title)), h('span', { class: 'method-time muted numeric' }, time),
    h('span', { class: 'method-about muted' }, t(question)), reason !== undefined && h('span', { class: applies ? 'method-reason muted' : 'method-reason' }, icon(applies ? 'info' : 'warning'), h('span', {}, t(reason))));
  }

  /** Shows which row the keys are at. */
  private mark(): void {
    for (const row of this.list.querySelectorAll<HTMLElement>('.method')) row.classList.toggle('active', row.dataset.method === this.active);
    const row = this.row(this.active);
    if (row) this.search.setAttribute('aria-activedescendant', row.id);
    else this.search.removeAttribute('aria-activedescendant');
    this.reveal(false);
  }

  /** Scrolls the list, and nothing around it, to the row the keys are at. */
  private reveal(toMiddle: boolean): void {
    const row = this.row(this.active), { list } = this;
    if (!row) return;
    const top = row.offsetTop - list.offsetTop, bottom = top + row.offsetHeight;
    if (toMiddle) list.scrollTop = (top + bottom - list.clientHeight) / 2;
    else if (top < list.scrollTop) list.scrollTop = top - 30;
    else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight + 8;
  }

  private renderCard(): void {
    const method = this.methods.find(({ id }) => id === this.chosen);
    this.card.title = method ? method.source : '';
    replace(this.card,
      h('span', { class: 'method-title' }, method ? t(method.title) : this.chosen || t('looking…')),
      h('span', { class: 'method-change' }, t('Change'), icon('chevron')),
      method && h('span', { class: 'method-about muted' }, t(method.question)),
      method?.reason !== undefined && h('span', { class: 'method-reason muted' }, icon(method.applies ? 'info' : 'warning'), h('span', {}, t(method.reason))));
  }
}
