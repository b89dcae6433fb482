/** An error as a page shows it: what happened, what can be done, and the buttons to do it. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { WireError } from '../../protocol/engine';
import { h } from './dom';
import { icon } from './icons';

export interface ErrorAction {
  readonly label: string;
  readonly secondary?: boolean;
  run(): void;
}

export function errorMessage(title: string, error: WireError, actions: readonly ErrorAction[]): HTMLElement {
  return h('section', { class: 'message', attributes: { role: 'alert' } },
    icon('error'),
    h('h2', {}, title),
    h('p', { class: 'error-text' }, error.message),
    error.remedy !== undefined && h('p', { class: 'error-remedy' }, sentence(error.remedy)),
    h('div', { class: 'actions' }, ...actions.map(actionButton)),
  );
}

export function actionButton({ label, secondary, run }: ErrorAction): HTMLElement {
  return h('vscode-button', { attributes: { secondary }, on: { click: run } }, label);
}

function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
