/** What is explained and how: the class, the layer of methods that have one, and the method's preset. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { ExplainProgress, MethodInfo } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { t } from '../common/strings';
import { ClassChooser } from './classChooser';

type Layers = Extract<ExplainProgress, { type: 'prepared' }>['layers'];

export interface OptionEvents {
  onClass(classIndex: number): void;
  onNeedClasses(): void;
  onLayer(layer: string): void;
  onPreset(preset: string): void;
}

export class Options {
  readonly element: HTMLElement;
  readonly classes: ClassChooser;
  private readonly layer: VscodeSingleSelect;
  private readonly preset: VscodeSingleSelect;
  private readonly layerField: HTMLElement;
  private readonly presetField: HTMLElement;

  constructor(events: OptionEvents) {
    this.classes = new ClassChooser({ onChoose: events.onClass, onNeedClasses: events.onNeedClasses });
    this.layer = h('vscode-single-select', { attributes: { label: t('Layer'), combobox: true } });
    this.preset = h('vscode-single-select', { attributes: { label: t('Preset') } });
    this.layer.addEventListener('change', () => { if (this.layer.value) events.onLayer(this.layer.value); });
    this.preset.addEventListener('change', () => { if (this.preset.value) events.onPreset(this.preset.value); });
    this.layerField = field(t('Layer'), this.layer);
    this.presetField = field(t('Preset'), this.preset);
    this.layerField.hidden = this.presetField.hidden = true;
    this.element = h('section', { class: 'block options-block' }, h('h2', {}, t('Explained')), field(t('Class'), this.classes.element), this.layerField, this.presetField);
  }

  /** The layers a map can be taken at; none hides the choice. */
  showLayers(layers: Layers, chosen: string | undefined): void {
    this.layerField.hidden = layers.length === 0;
    // The last layer is the usual choice, so it comes first.
    replace(this.layer, ...[...layers].reverse().map((layer) =>
      h('vscode-option', { attributes: { value: layer.value, selected: layer.value === chosen, description: `${layer.value} · ${sizeOf(layer, true)}` } }, `${layer.node || layer.value} · ${layer.opType} ${sizeOf(layer, false)}`)));
    if (chosen !== undefined) this.layer.value = chosen;
  }

  showPresets(method: MethodInfo | undefined, chosen: string | undefined): void {
    const names = Object.keys(method?.presets ?? {});
    this.presetField.hidden = names.length < 2;
    const current = chosen ?? names[0];
    replace(this.preset, ...names.map((name) =>
      h('vscode-option', { attributes: { value: name, selected: name === current, description: Object.entries(method!.presets[name]!).map(([key, value]) => `${key} ${value}`).join(', ') } }, name)));
    if (current !== undefined) this.preset.value = current;
  }
}

/** The grid (with its channels), or the dims without the batch. */
function sizeOf(layer: Layers[number], channels: boolean): string {
  if (!('height' in layer)) return layer.dims.slice(1).join('×');
  return `${channels ? `${layer.channels} × ` : ''}${layer.height}×${layer.width}`;
}

function field(label: string, control: HTMLElement): HTMLElement {
  return h('div', { class: 'field' }, h('span', { class: 'field-label' }, label), control);
}
