/** How something long is getting on: words, a bar, a Cancel button that stays where it is, and how it ended. */
import type { WireError } from '../../protocol/engine';
import { Refused } from '../common/ask';
import { h, replace, replaceBefore } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { formatDuration } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

export interface RunActions {
  /** Starts anew after a stop or an error. */
  again(): void;
  showLog(): void;
  /** Told of 'running', 'finished', 'cancelled', 'failed', and undefined where nothing was run. */
  changed?(state: string | undefined): void;
}

export class RunStatus {
  readonly element = h('div', { class: 'table-status', attributes: { role: 'status' } });
  private controller: AbortController | undefined;
  private began = 0;
  private readonly cancel = actionButton({ label: t('Cancel'), secondary: true, run: () => this.controller?.abort() });

  constructor(private readonly actions: RunActions) {}

  get running(): boolean {
    return this.controller !== undefined;
  }

  /** Stops what runs now without a word: something else is asked about. */
  drop(): void {
    const old = this.controller;
    this.controller = undefined;
    old?.abort();
    replace(this.element);
    this.state(undefined);
  }

  /**
   * Runs `work` in place of what runs now, and says how it ended.
   * @returns whether it came to its end.
   */
  async run(words: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>, done?: () => readonly (Node | string)[]): Promise<boolean> {
    this.drop();
    const mine = (this.controller = new AbortController()), end = (): void => mine.abort();
    signal.addEventListener('abort', end, { once: true });
    this.began = performance.now();
    this.progress(words, 0, 0);
    try {
      await work(mine.signal);
      if (this.controller !== mine) return false;
      this.controller = undefined;
      this.ended('finished', icon('check'), h('span', {}, t('Done in {0}', formatDuration(performance.now() - this.began))), ...(done?.() ?? []));
      return true;
    } catch (error) {
      if (this.controller !== mine) return false;
      this.controller = undefined;
      if (error instanceof Refused && error.error.code === 'cancelled') this.ended('cancelled', h('span', {}, t('Stopped. What was found until then is shown.')), this.again(t('Start again')));
      else this.failed(error instanceof Refused ? error.error : { code: 'failed', message: String(error) });
      return false;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  progress(words: string, done: number, total: number): void {
    if (!this.controller) return;
    this.state('running');
    const bar = h('div', { class: 'table-progress', attributes: { role: 'progressbar', 'aria-label': t('Progress'), 'aria-valuemin': 0, 'aria-valuemax': Math.max(1, total), 'aria-valuenow': done } }, h('div'));
    (bar.firstElementChild as HTMLElement).style.width = `${total > 0 ? (100 * done) / total : 0}%`;
    replaceBefore(this.element, this.cancel, h('span', { class: 'numeric' }, words), total > 0 && bar);
  }

  failed(error: WireError, ...more: readonly Node[]): void {
    this.controller = undefined;
    this.ended('failed', icon('error'), h('span', { class: 'error-text', attributes: { role: 'alert' } }, inSentences(error)), this.again(t('Try again')), ...more,
      actionButton({ label: t('Show the log'), secondary: true, run: () => this.actions.showLog() }));
  }

  private state(state: string | undefined): void {
    if (state === undefined) delete this.element.dataset.run;
    else this.element.dataset.run = state;
    this.actions.changed?.(state);
  }

  private again(label: string): HTMLElement {
    return actionButton({ label, run: () => this.actions.again() });
  }

  private ended(how: 'finished' | 'cancelled' | 'failed', ...parts: readonly (Node | string)[]): void {
    this.state(how);
    // The focus stays on a button that is replaced by one of its kind.
    const focused = this.element.contains(document.activeElement);
    replace(this.element, ...parts);
    if (focused) this.element.querySelector<HTMLElement>('vscode-button')?.focus();
  }
}

/** What happened and what can be done, as two sentences. */
export function inSentences({ message, remedy }: WireError): string {
  return remedy === undefined ? message : `${message.replace(/[.\s]+$/, '')}. ${remedy.charAt(0).toLocaleUpperCase()}${remedy.slice(1)}`;
}
