/** How the run goes: progress with a way to stop it, then what it took, or what went wrong and what can be done. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import type { DeviceReport, ExplanationRecord, WireError } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { formatDuration, formatPercent } from '../common/format';
import { icon } from '../common/icons';
import { t } from '../common/strings';

const deviceNames: Readonly<Record<DeviceReport['id'], string>> = { cpu: 'CPU', webgpu: 'WebGPU', cuda: 'CUDA', dml: 'DirectML', coreml: 'CoreML' };

export interface StatusEvents {
  cancel(): void;
  tryAgain(): void;
  showDevices(): void;
  showLog(): void;
}

export class RunStatus {
  readonly element = h('section', { class: 'block status' });
  private readonly words = h('span', { class: 'status-words' });
  private readonly percent = h('span', { class: 'numeric muted percent' });
  private readonly bar = h('vscode-progress-bar', { attributes: { 'aria-label': t('Progress') } });
  private shown: 'running' | 'other' = 'other';

  constructor(private readonly events: StatusEvents) {}

  running(method: string, step: string): void {
    this.words.textContent = step;
    this.element.dataset.state = 'running';
    if (this.shown === 'running') return;
    this.shown = 'running';
    this.bar.value = undefined;
    this.percent.textContent = '';
    replace(this.element,
      h('div', { class: 'status-line' }, h('strong', {}, method), this.words, this.percent,
        h('vscode-button', { class: 'cancel', attributes: { secondary: true }, on: { click: () => this.events.cancel() } }, t('Cancel'))),
      this.bar);
  }

  progress(done: number, total: number, standardError: number | undefined): void {
    if (this.shown !== 'running' || total <= 0) return;
    const percent = Math.min(100, Math.round((100 * done) / total));
    this.bar.value = percent;
    this.percent.textContent = standardError === undefined ? `${percent}\u202f%` : `${percent}\u202f% · ±${formatPercent(standardError)}`;
  }

  finished(method: string, record: ExplanationRecord): void {
    const total = record.timings.totalMs;
    const where = h('button', { class: 'link', title: record.device.detail, attributes: { type: 'button' }, on: { click: () => this.events.showDevices() } }, deviceNames[record.device.id]);
    this.other('finished', h('div', { class: 'status-line' }, icon('check'), h('strong', {}, method), h('span', { class: 'muted status-words' }, total === undefined ? t('on') : t('{0} on', formatDuration(total)), ' ', where)));
  }

  cancelled(method: string): void {
    this.other('cancelled', h('div', { class: 'status-line' }, icon('close'), h('strong', {}, method), h('span', { class: 'muted status-words' }, t('cancelled')),
      actionButton({ label: t('Run again'), secondary: true, run: () => this.events.tryAgain() })));
  }

  failed(error: WireError): void {
    this.other('failed', h('div', { class: 'failure', attributes: { role: 'alert' } },
      h('div', { class: 'failure-head' }, icon('error'), h('strong', {}, error.code === 'engineDied' ? t('The engine stopped') : t('This did not work'))),
      h('p', { class: 'error-text' }, error.message),
      error.remedy !== undefined && h('p', { class: 'muted error-remedy' }, `${error.remedy.charAt(0).toLocaleUpperCase()}${error.remedy.slice(1)}`),
      h('div', { class: 'failure-actions' },
        actionButton({ label: t('Try again'), run: () => this.events.tryAgain() }),
        actionButton({ label: t('Show the log'), secondary: true, run: () => this.events.showLog() }))));
  }

  private other(state: string, content: HTMLElement): void {
    this.shown = 'other';
    this.element.dataset.state = state;
    replace(this.element, content);
  }
}
