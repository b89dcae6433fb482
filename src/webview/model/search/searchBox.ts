/** The search box: what was typed, how much was found, and the way from one match to the next. */
import { h } from '../../common/dom';
import { formatNumber } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import type { Found } from './search';

export interface SearchEvents {
  /** Looks for what was typed; undefined: it asks for nothing. */
  find(query: string): Found | undefined;
  /** The query or what it finds has changed. */
  onFound(query: string, found: Found | undefined): void;
  /** Somebody went to a match: the entries it is made of. */
  onMatch(entries: readonly number[]): void;
  /** Escape in an empty box, or after it was cleared: the focus goes back. */
  onLeave(): void;
}

/** Typing goes on while a large model is searched: the search waits this long for the next letter. */
const pause = 60;

export class SearchBox {
  readonly element: HTMLElement;
  private readonly input = h('input', { attributes: { type: 'text', spellcheck: 'false', autocomplete: 'off', placeholder: t('Search: conv 3x3, 1x64x56x56, MatMul → Softmax'), 'aria-label': t('Search the model') } });
  private readonly count = h('span', { class: 'search-count muted', attributes: { role: 'status' } });
  private readonly buttons: readonly HTMLButtonElement[];
  private found: Found | undefined;
  /** Number of the match somebody is at; -1: none yet. */
  private at = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: SearchEvents) {
    const button = (name: Parameters<typeof icon>[0], label: string, run: () => void): HTMLButtonElement =>
      h('button', { class: 'icon-button', title: label, attributes: { type: 'button', 'aria-label': label }, on: { click: run } }, icon(name));
    this.buttons = [
      button('up', t('Previous match (Shift + Enter)'), () => this.go(-1)),
      button('down', t('Next match (Enter)'), () => this.go(1)),
      button('close', t('Clear the search (Escape)'), () => { this.clear(); this.focus(); }),
    ];
    this.element = h('div', { class: 'search', attributes: { role: 'search' }, title: t('Words in name, type and setting; dims as 1x64x56 with ? for any; sequences as Conv → Relu, where * is any node and … up to eight') },
      icon('search'), this.input, this.count, ...this.buttons);
    this.input.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), pause);
    });
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.go(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') { this.clear(); this.events.onLeave(); }
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.tell();
  }

  /** Looks for `query` now: a restored search, or another model. */
  show(query: string): void {
    this.input.value = query;
    this.search();
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  clear(): void {
    if (this.input.value === '' && !this.found) return;
    this.show('');
  }

  /** To the next match (1) or the one before (-1), round and round. */
  go(by: 1 | -1): void {
    if (this.timer !== undefined) this.search();
    const matches = this.found?.starts.length ?? 0;
    if (matches === 0) return;
    this.at = this.at < 0 ? (by > 0 ? 0 : matches - 1) : (this.at + by + matches) % matches;
    this.tell();
    this.events.onMatch(this.found!.match(this.at));
  }

  private search(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.found = this.events.find(this.input.value);
    this.at = -1;
    this.tell();
    this.events.onFound(this.input.value, this.found);
  }

  private tell(): void {
    const matches = this.found?.starts.length ?? 0;
    this.count.textContent = !this.found ? '' : matches === 0 ? t('Nothing found')
      : this.at < 0 ? t('{0} found', formatNumber(matches)) : t('{0} of {1}', formatNumber(this.at + 1), formatNumber(matches));
    this.element.classList.toggle('nothing-found', this.found !== undefined && matches === 0);
    const [previous, next, clear] = this.buttons;
    previous!.disabled = next!.disabled = matches === 0;
    clear!.hidden = this.input.value === '';
  }
}
