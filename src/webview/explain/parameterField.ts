/** One parameter of a method as a control, checked while it is typed in. */
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import type { MethodInfo } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { icon } from '../common/icons';
import { t } from '../common/strings';

export type ParameterSpec = MethodInfo['parameters'][number];
export type ParameterValue = ParameterSpec['default'];

/** What is wrong with a text as this parameter's value, in a sentence; undefined if nothing is. */
export function faultOf(spec: ParameterSpec, text: string): string | undefined {
  if (spec.type !== 'integer' && spec.type !== 'number') return undefined;
  const value = Number(text), { minimum = -Infinity, maximum = Infinity } = spec;
  if (text.trim() === '' || !Number.isFinite(value)) return t('Expected a number.');
  if (spec.type === 'integer' && !Number.isInteger(value)) return t('Expected a whole number.');
  if (value < minimum) return t('Expected at least {0}.', minimum);
  if (value > maximum) return t('Expected at most {0}.', maximum);
  return undefined;
}

export class ParameterField {
  readonly element: HTMLElement;
  private readonly fault = h('span', { class: 'parameter-fault', attributes: { role: 'alert' } });
  private readonly reset = h('button', { class: 'icon-button parameter-reset', attributes: { type: 'button' } }, icon('reset'));
  private readonly show: (value: ParameterValue) => void;

  /**
   * @param base the preset's value, which reset goes back to.
   * @param onChange a valid value that somebody has finished entering.
   */
  constructor(readonly spec: ParameterSpec, private readonly base: ParameterValue, value: ParameterValue, private readonly onChange: (value: ParameterValue) => void) {
    const [control, show] = this.control();
    this.show = show;
    this.reset.title = t('Back to {0}', base === '' ? '–' : String(base));
    this.reset.setAttribute('aria-label', this.reset.title);
    this.reset.addEventListener('click', () => { this.set(this.base); this.onChange(this.base); });
    this.element = h('div', { class: 'parameter', title: spec.about, attributes: { 'data-parameter': spec.name } },
      h('span', { class: 'parameter-name' }, spec.name), control, this.reset, this.fault, h('span', { class: 'parameter-about muted' }, spec.about));
    this.set(value);
  }

  /** Shows a value. */
  set(value: ParameterValue): void {
    this.show(value);
    replace(this.fault);
    this.element.classList.toggle('changed', value !== this.base);
  }

  private control(): [HTMLElement, (value: ParameterValue) => void] {
    const { spec } = this, name = { 'aria-label': `${spec.name}: ${spec.about}` };
    if (spec.type === 'boolean') {
      const box = h('vscode-checkbox', { attributes: name });
      box.addEventListener('change', () => this.take(box.checked));
      return [box, (value) => { box.checked = value === true; }];
    }
    if (spec.type === 'choice') {
      const select = h('vscode-single-select', { attributes: { label: spec.name } });
      for (const choice of spec.choices ?? []) select.append(h('vscode-option', { attributes: { value: choice } }, choice));
      select.addEventListener('change', () => this.take(select.value));
      return [select, (value) => { select.value = String(value); }];
    }
    const numeric = spec.type === 'integer' || spec.type === 'number';
    const input = h('input', { class: 'text-input', attributes: { ...name, type: 'text', inputmode: numeric ? 'decimal' : undefined, spellcheck: 'false', autocomplete: 'off', placeholder: spec.type === 'file' ? t('path of a file') : undefined } });
    input.addEventListener('input', () => replace(this.fault, faultOf(spec, input.value)));
    input.addEventListener('change', () => {
      if (faultOf(spec, input.value) === undefined) this.take(numeric ? Number(input.value) : input.value);
    });
    return [input, (value) => { input.value = String(value); }];
  }

  private take(value: ParameterValue): void {
    this.element.classList.toggle('changed', value !== this.base);
    this.onChange(value);
  }
}
