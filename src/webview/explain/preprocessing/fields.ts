/** The fields of a picture's preparation. What the model file fixes is shown and cannot be changed. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { InputPicture } from '../../../protocol/preprocessing';
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { field } from '../field';
import { presetOf, scalingPresets, withChannels, withScaling, type Preparation, type ResizeMode } from './entry';

type Fixed = InputPicture['fixed'];

export class PreparationFields {
  readonly element = h('div', { class: 'preparation-fields' });
  private shown = '';
  private value: Preparation | undefined;
  private fixed: Fixed = {};

  constructor(private readonly onChange: (preparation: Preparation) => void) {}

  /** Shows a preparation. Fields somebody is typing in are left alone if they say the same. */
  show(preparation: Preparation, fixed: Fixed): void {
    const text = JSON.stringify([preparation, fixed]);
    if (text === this.shown) return;
    this.value = preparation;
    this.fixed = fixed;
    this.draw(preparation);
  }

  private draw(preparation: Preparation): void {
    this.shown = JSON.stringify([preparation, this.fixed]);
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.getAttribute('data-field') : undefined;
    replace(this.element, ...this.make(preparation, this.fixed));
    if (focused) this.element.querySelector<HTMLElement>(`[data-field="${CSS.escape(focused)}"]`)?.focus();
  }

  /** A choice changes what other fields show; while a number is typed, fields stay as they are. */
  private choose(change: Partial<Preparation>): void {
    if (!this.value) return;
    this.value = { ...this.value, ...change };
    this.draw(this.value);
    this.onChange(this.value);
  }

  private type(change: Partial<Preparation>): void {
    if (!this.value) return;
    this.value = { ...this.value, ...change };
    this.shown = JSON.stringify([this.value, this.fixed]);
    this.onChange(this.value);
  }

  private make(preparation: Preparation, fixed: Fixed): HTMLElement[] {
    const { channels, range, mean, std, mode, height, width, shorterSide, fill, interpolation } = preparation;
    const names = channelNames(channels), swaps = channels === 'RGB' || channels === 'BGR';
    const list = (values: readonly number[], index: number, value: number): number[] => values.map((old, i) => (i === index ? value : old));
    const perChannel = (what: string, label: string, values: readonly number[], set: (values: number[]) => void, allowed: (value: number) => boolean): HTMLElement =>
      field(label, h('div', { class: 'numbers' }, ...values.map((value, i) => numberInput(`${what}${i}`, `${label}, ${names[i] ?? i}`, value, (next) => set(list(this.value?.[what === 'mean' ? 'mean' : 'std'] ?? values, i, next)), allowed, names[i]))));
    return [
      field(t('Values'), select('scaling', t('Values'), [...scalingPresets.map(({ id }) => [id, presetNames()[id]] as const), ...(presetOf(preparation) ? [] : [['own', t('Own numbers')] as const])], presetOf(preparation) ?? 'own', (id) => {
        const preset = scalingPresets.find((one) => one.id === id);
        if (preset && this.value) this.choose(withScaling(this.value, preset));
      })),
      field(t('Channels'), swaps
        ? select('channels', t('Channels'), [['RGB', t('RGB: red first')], ['BGR', t('BGR: blue first')]], channels, (next) => { if (this.value) this.choose(withChannels(this.value, next)); })
        : h('span', { class: 'muted' }, channels)),
      field(t('Range'), h('div', { class: 'numbers' },
        numberInput('low', t('Value of a black pixel'), range[0], (low) => this.type({ range: [low, this.value!.range[1]] }), (value) => value < this.value!.range[1], t('black')),
        numberInput('high', t('Value of a white pixel'), range[1], (high) => this.type({ range: [this.value!.range[0], high] }), (value) => value > this.value!.range[0], t('white')))),
      perChannel('mean', t('Minus'), mean, (values) => this.type({ mean: values }), () => true),
      perChannel('std', t('Divided by'), std, (values) => this.type({ std: values }), (value) => value !== 0),
      field(t('Resize'), select('mode', t('Resize'), [['stretch', t('Stretched to the size')], ['crop', t('Shorter side, then the middle')], ['letterbox', t('Fitted in, rest filled')]], mode, (next) => this.choose({ mode: next as ResizeMode, ...(next === 'crop' && { shorterSide: Math.round(Math.max(height, width) * 8 / 7) }) }))),
      ...(mode === 'crop' ? [field(t('Shorter side'), h('div', { class: 'numbers' }, numberInput('shorterSide', t('Shorter side'), shorterSide, (value) => this.type({ shorterSide: value }), side)))] : []),
      ...(mode === 'letterbox' ? [field(t('Filled with'), h('div', { class: 'numbers' }, ...[t('red'), t('green'), t('blue')].map((name, i) => numberInput(`fill${i}`, `${t('Filled with')}, ${name}`, fill[i]!, (value) => { const next = list(this.value!.fill, i, value); this.type({ fill: [next[0]!, next[1]!, next[2]!] }); }, (value) => value >= 0 && value <= 255, name))))] : []),
      field(t('Size'), fixed.height !== undefined && fixed.width !== undefined
        ? h('span', { class: 'muted numeric' }, t('{0} × {1}, fixed by the model', fixed.width, fixed.height))
        : h('div', { class: 'numbers' },
          numberInput('width', t('Width'), width, (value) => this.type({ width: value }), side, t('width'), fixed.width !== undefined),
          numberInput('height', t('Height'), height, (value) => this.type({ height: value }), side, t('height'), fixed.height !== undefined))),
      field(t('Sampling'), select('interpolation', t('Sampling'), ['bilinear', 'bicubic', 'nearest', 'lanczos', 'box', 'hamming'].map((name) => [name, name] as const), interpolation, (next) => this.choose({ interpolation: next }))),
    ];
  }
}

/** Larger inputs than this are no pictures to try things with. */
const side = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 2048;

function presetNames(): Record<(typeof scalingPresets)[number]['id'], string> {
  return { unit: t('0 … 1'), symmetric: t('−1 … 1'), imagenet: t('ImageNet mean and deviation'), caffe: t('0 … 255 minus the mean (Caffe)'), bytes: t('0 … 255, as they are') };
}

function channelNames(channels: string): string[] {
  const names = [t('red'), t('green'), t('blue')];
  if (channels === 'grey') return [t('grey')];
  return channels === 'BGR' ? names.reverse() : [...names, t('alpha')];
}

function select(name: string, label: string, choices: readonly (readonly [string, string])[], value: string, onChoose: (value: string) => void): VscodeSingleSelect {
  const element = h('vscode-single-select', { attributes: { label, 'data-field': name } }, ...choices.map(([id, text]) => h('vscode-option', { attributes: { value: id, selected: id === value } }, text)));
  element.value = value;
  element.addEventListener('change', () => { if (element.value !== value) onChoose(element.value); });
  return element;
}

function numberInput(name: string, label: string, value: number, onValue: (value: number) => void, allowed: (value: number) => boolean = () => true, caption?: string, disabled = false): HTMLElement {
  const input = h('input', { class: 'text-input numeric', attributes: { type: 'text', inputmode: 'decimal', value: String(Number(value.toPrecision(7))), 'aria-label': label, 'data-field': name, disabled } });
  input.addEventListener('input', () => {
    const typed = input.value.trim().replace('−', '-').replace(',', '.'), next = Number(typed), fine = typed !== '' && Number.isFinite(next) && allowed(next);
    input.setAttribute('aria-invalid', String(!fine));
    if (fine && next !== value) { value = next; onValue(next); }
  });
  return h('label', { class: 'number' }, input, caption !== undefined && h('span', { class: 'muted caption' }, caption));
}
