/** How the method works: its preset, layer and parameters. Quick methods follow every change at once, slow ones wait for "Run". */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { ExplainResult, MethodInfo } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { t } from '../common/strings';
import { field } from './field';
import { ParameterField, type ParameterSpec, type ParameterValue } from './parameterField';
import type { Part, Prepared, Workbench } from './workbench';

/** A method that takes no longer is run again with every change. */
const liveMs = 1500;
const seedSpec = (): ParameterSpec => ({ name: 'seed', type: 'integer', default: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, about: t('Where random draws begin: the same seed, the same map.') });

type Values = Readonly<Record<string, ParameterValue>>;

export class ParametersBlock implements Part {
  readonly element: HTMLElement;
  private readonly summary = h('span', { class: 'muted summary-words' });
  private readonly preset: VscodeSingleSelect;
  private readonly layer: VscodeSingleSelect;
  private readonly presetField: HTMLElement;
  private readonly layerField: HTMLElement;
  private readonly fields = h('div', { class: 'parameters' });
  private readonly run = h('div', { class: 'parameter-actions', attributes: { hidden: true } });
  private shown: { readonly method: MethodInfo; readonly preset: string } | undefined;
  /** What is in the fields, and what was run last. */
  private values: Values = {};
  private applied: Values = {};
  private lastMs = Infinity;

  constructor(private readonly workbench: Workbench) {
    this.preset = h('vscode-single-select', { attributes: { label: t('Preset') } });
    this.layer = h('vscode-single-select', { attributes: { label: t('Layer'), combobox: true } });
    this.preset.addEventListener('change', () => { if (this.preset.value) this.workbench.explain({ preset: this.preset.value, parameters: undefined }); });
    this.layer.addEventListener('change', () => { if (this.layer.value) this.workbench.explain({ layer: this.layer.value }); });
    this.presetField = field(t('Preset'), this.preset);
    this.layerField = field(t('Layer'), this.layer);
    this.layerField.hidden = true;
    replace(this.run, actionButton({ label: t('Run'), run: () => this.apply() }), h('span', { class: 'muted' }, t('to see the changes')));
    const details = h('details', { class: 'parameters-details' }, h('summary', {}, t('Parameters'), this.summary), this.fields, this.run);
    this.element = h('section', { class: 'block options-block' }, this.presetField, this.layerField, details);
  }

  onMethods(): void {
    this.update();
  }

  onState(): void {
    this.update();
  }

  onSubject(): void {
    this.shown = undefined;
    this.layerField.hidden = true;
    replace(this.fields);
  }

  onStarted(): void {
    this.lastMs = Infinity;
    this.update();
  }

  /** The layers a map can be taken at; none hides the choice. */
  onPrepared({ layers, layer }: Prepared): void {
    this.layerField.hidden = layers.length === 0;
    // The last layer is the usual choice, so it comes first.
    replace(this.layer, ...[...layers].reverse().map((each) =>
      h('vscode-option', { attributes: { value: each.value, selected: each.value === layer, description: `${each.value} · ${sizeOf(each, true)}` } }, `${each.node || each.value} · ${each.opType} ${sizeOf(each, false)}`)));
    if (layer !== undefined) this.layer.value = layer;
  }

  onFinished({ record }: ExplainResult): void {
    this.lastMs = record.timings.totalMs ?? Infinity;
  }

  /** Shows what the state says; fields stay as they are while it is only their values that changed. */
  private update(): void {
    const { state, methods } = this.workbench, method = methods.find(({ id }) => id === state?.method);
    if (!state || !method) return;
    const preset = state.preset ?? Object.keys(method.presets)[0] ?? '', base = baseOf(method, preset);
    this.applied = this.values = { ...base, ...state.parameters, seed: state.seed ?? 0 };
    this.presetField.hidden = Object.keys(method.presets).length < 2;
    if (this.shown?.method !== method || this.shown.preset !== preset) {
      this.shown = { method, preset };
      replace(this.preset, ...Object.keys(method.presets).map((name) =>
        h('vscode-option', { attributes: { value: name, selected: name === preset, description: describe(method, name) } }, name)));
      this.preset.value = preset;
      const specs = [...method.parameters, seedSpec()];
      this.made = specs.map((spec) => new ParameterField(spec, base[spec.name] ?? spec.default, this.values[spec.name] ?? spec.default, (value) => this.change(spec.name, value)));
      replace(this.fields, ...this.made.map(({ element }) => element));
    } else {
      for (const made of this.made) made.set(this.values[made.spec.name] ?? made.spec.default);
    }
    this.say();
  }

  private made: readonly ParameterField[] = [];

  private change(name: string, value: ParameterValue): void {
    this.values = { ...this.values, [name]: value };
    if (this.lastMs <= liveMs && this.pending.length === 1) this.apply();
    else this.say();
  }

  private get pending(): string[] {
    return Object.keys(this.values).filter((name) => this.values[name] !== this.applied[name]);
  }

  private apply(): void {
    const { shown } = this;
    if (!shown) return;
    const base = baseOf(shown.method, shown.preset), { seed, ...values } = this.values;
    const changed = Object.entries(values).filter(([name, value]) => value !== base[name]);
    this.workbench.explain({ preset: shown.preset, parameters: changed.length ? Object.fromEntries(changed) : undefined, seed: seed === 0 ? undefined : Number(seed) });
  }

  private say(): void {
    const { shown, values } = this;
    if (!shown) return;
    const base: Values = { ...baseOf(shown.method, shown.preset), seed: 0 };
    const changed = Object.keys(values).filter((name) => values[name] !== base[name]).length;
    this.summary.textContent = changed === 0 ? t('as in the preset') : changed === 1 ? t('1 changed') : t('{0} changed', changed);
    this.summary.classList.toggle('changed', changed > 0);
    this.run.hidden = this.pending.length === 0;
  }
}

/** The method's defaults, and over them the preset's. */
function baseOf(method: MethodInfo, preset: string): Values {
  return { ...Object.fromEntries(method.parameters.map(({ name, default: value }) => [name, value])), ...method.presets[preset] };
}

function describe(method: MethodInfo, preset: string): string {
  return Object.entries(method.presets[preset]!).map(([key, value]) => `${key} ${value}`).join(', ');
}

/** The grid (with its channels), or the dims without the batch. */
function sizeOf(layer: Prepared['layers'][number], channels: boolean): string {
  if (!('height' in layer)) return layer.dims.slice(1).join('×');
  return `${channels ? `${layer.channels} × ` : ''}${layer.height}×${layer.width}`;
}
