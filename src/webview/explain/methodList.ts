/** The methods to choose from. Those that do not apply to this model stay in the list and say why. */
import type { MethodInfo } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { t } from '../common/strings';

const groupNames = (): Readonly<Record<MethodInfo['group'], string>> => ({
  'where-it-looks': t('Where it looks'),
  'what-if-it-changes': t('What if it changes'),
  'inside-the-network': t('Inside the network'),
});

export class MethodList {
  readonly element: HTMLElement;
  private readonly list = h('div', { class: 'methods', attributes: { role: 'radiogroup', 'aria-label': t('Method') } });
  private methods: readonly MethodInfo[] = [];
  private chosen = '';

  constructor(private readonly onChoose: (method: string) => void) {
    this.element = h('section', { class: 'block' }, h('h2', {}, t('Method')), this.list);
    this.list.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowDown' || event.key === 'ArrowRight' ? 1 : event.key === 'ArrowUp' || event.key === 'ArrowLeft' ? -1 : 0;
      if (!by) return;
      event.preventDefault();
      const open = this.methods.filter(({ applies }) => applies);
      const at = open.findIndex(({ id }) => id === (document.activeElement as HTMLElement | null)?.dataset.method);
      const next = open[(at + by + open.length) % open.length];
      if (next) this.list.querySelector<HTMLElement>(`[data-method="${CSS.escape(next.id)}"]`)?.focus();
    });
  }

  /** Group by group; in each, those that apply come first, so that a long list begins with what can be chosen. */
  show(methods: readonly MethodInfo[]): void {
    const groups = [...new Set(methods.map(({ group }) => group))];
    this.methods = groups.flatMap((group) => {
      const own = methods.filter((method) => method.group === group);
      return [...own.filter(({ applies }) => applies), ...own.filter(({ applies }) => !applies)];
    });
    this.render();
  }

  choose(method: string): void {
    this.chosen = method;
    this.render();
  }

  private render(): void {
    const focused = this.list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.method : undefined;
    const groups = [...new Set(this.methods.map(({ group }) => group))];
    replace(this.list, ...groups.flatMap((group) => [
      groups.length > 1 && h('h3', { class: 'muted' }, groupNames()[group]),
      ...this.methods.filter((method) => method.group === group).map((method) => this.row(method)),
    ]), this.methods.length === 0 && h('div', { class: 'muted' }, t('looking…')));
    if (focused) this.list.querySelector<HTMLElement>(`[data-method="${CSS.escape(focused)}"]`)?.focus();
  }

  private row({ id, title, question, source, applies, reason }: MethodInfo): HTMLElement {
    const checked = id === this.chosen;
    const first = this.methods.find((method) => method.applies)?.id;
    const reachable = checked || (id === first && !this.methods.some((method) => method.id === this.chosen));
    const about = !applies ? reason : checked ? [question, reason].filter(Boolean).map((text) => t(text!)).join(' ') : undefined;
    return h('button', {
      class: 'method', title: `${t(question)}\n${source}`,
      // Focusable although disabled, so that the reason can be reached.
      attributes: { type: 'button', role: 'radio', 'aria-checked': String(checked), 'aria-disabled': applies ? undefined : 'true', tabindex: reachable ? 0 : -1, 'data-method': id },
      on: { click: () => { if (applies) this.onChoose(id); } },
    }, h('span', { class: 'dot', attributes: { 'aria-hidden': true } }), h('span', { class: 'method-title' }, t(title)), about !== undefined && h('span', { class: 'method-about muted' }, about));
  }
}
