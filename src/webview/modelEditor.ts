/** The page of the model editor: what the extension says, on screen. */
import './model/modelEditor.css';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import type { WireError } from '../protocol/engine';
import type { FromModelEditor, ToModelEditor } from '../protocol/webview';
import { h, replace } from './common/dom';
import { actionButton, errorMessage } from './common/errorMessage';
import { connect } from './common/host';
import { icon, type IconName } from './common/icons';
import { t } from './common/strings';
import { restoredState } from './model/editorState';
import { ModelPage } from './model/modelPage';

const app = document.getElementById('app')!;
const host = connect<ToModelEditor, FromModelEditor, unknown>(receive);
let kept: unknown;
let page: ModelPage | undefined;
let slow: ReturnType<typeof setTimeout> | undefined;

function receive(message: ToModelEditor): void {
  clearTimeout(slow);
  switch (message.type) {
    case 'restore': kept = message.state; return;
    case 'loading': return showLoading(nameOf(message.file));
    case 'model':
      page ??= new ModelPage({
        post: (sent) => host.post(sent),
        onState: (state) => { host.saveState(state); host.post({ type: 'state', state }); },
      }, restoredState(host.savedState() ?? kept));
      if (!page.element.isConnected) replace(app, page.element);
      return page.show(message.result);
    case 'failed': return page?.element.isConnected ? showStale(message.error) : showError(message.error);
    case 'cancelled': return showCancelled();
    case 'deleted': return showDeleted(nameOf(message.file));
    case 'answer': return page?.questions.answered(message);
    case 'answerProgress': return page?.questions.progressed(message);
    case 'reveal': return host.post({ type: 'revealed', key: message.key, found: page?.reveal(message.key) ?? false });
  }
}

/** A model that is on screen stays there while the file is read again. */
function showLoading(name: string): void {
  const cancel = (): HTMLElement => actionButton({ label: t('Cancel'), secondary: true, run: () => host.post({ type: 'cancel' }) });
  if (page?.element.isConnected) {
    slow = setTimeout(() => page?.tell(notice('info', t('The file has changed and is read again…'), cancel())), 700);
    return;
  }
  const way = h('div', { class: 'actions' });
  replace(app, h('section', { class: 'message', attributes: { 'aria-busy': true, 'aria-live': 'polite' } },
    h('vscode-progress-ring'), h('p', {}, t('Reading {0}…', name)), way));
  // Most models are there before anybody could wish to cancel.
  slow = setTimeout(() => replace(way, cancel()), 400);
}

function showCancelled(): void {
  if (page?.element.isConnected) {
    page.tell(notice('info', t('Reading was cancelled. This is what was read before.'), actionButton({ label: t('Try again'), secondary: true, run: () => host.post({ type: 'tryAgain' }) })));
    return;
  }
  replace(app, h('section', { class: 'message', attributes: { role: 'status' } },
    icon('info'), h('h2', {}, t('Reading was cancelled')), h('div', { class: 'actions' },
      actionButton({ label: t('Try again'), run: () => host.post({ type: 'tryAgain' }) }),
      actionButton({ label: t('Reopen as text'), secondary: true, run: () => host.post({ type: 'openAsText' }) }))));
}

/** A file is not whole while a training run writes it: the model that was read before stays. */
function showStale(error: WireError): void {
  page?.tell(notice('warning', t('The file cannot be read now: {0}. This is what was read before.', error.message), actionButton({ label: t('Try again'), secondary: true, run: () => host.post({ type: 'tryAgain' }) })));
}

function showDeleted(name: string): void {
  if (page?.element.isConnected) return page.tell(notice('warning', t('{0} was deleted or moved. This is what was read before.', name)));
  showError({ code: 'notFound', message: t('{0} was deleted or moved.', name) });
}

function showError(error: WireError): void {
  replace(app, errorMessage(t('This model could not be opened'), error, [
    { label: t('Try again'), run: () => host.post({ type: 'tryAgain' }) },
    { label: t('Reopen as text'), secondary: true, run: () => host.post({ type: 'openAsText' }) },
    { label: t('Show the log'), secondary: true, run: () => host.post({ type: 'showLog' }) },
  ]));
}

function notice(name: IconName, text: string, action?: HTMLElement): HTMLElement {
  return h('div', { class: `notice notice-${name}` }, icon(name), h('span', {}, text), action);
}

function nameOf(file: string): string {
  return file.split(/[/\\]/).at(-1) ?? file;
}

host.post({ type: 'ready' });
