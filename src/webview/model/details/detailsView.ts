/** What is known about the selected node: the operator, its attributes and values, and its weights on demand. */
import './details.css';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import type { LayerDetails, StoredTensor } from '../../../protocol/details';
import { Refused } from '../../common/ask';
import { h, replace } from '../../common/dom';
import { formatBytes, formatCount, formatNumber } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import type { ModelQuestions } from '../types';
import { attributeTable, longList, operatorList, section, valueList } from './sections';
import { TensorRow } from './tensorRow';

export interface DetailsActions {
  readonly questions: ModelQuestions;
  /** Somebody wants to see another node (an ArchitectureNode's key). */
  onJump(key: string): void;
  /** Write this stored tensor (a StoredTensor's id) as .npy, by the name it has. */
  onSaveTensor(id: string, name: string): void;
  onCopy(text: string): void;
}

export class DetailsView {
  readonly element = h('section', { class: 'details', attributes: { 'aria-label': t('Details'), tabindex: -1 } });
  private shown: string | undefined;
  private asking: AbortController | undefined;
  private rows: TensorRow[] = [];
  /** Tensors whose values are on screen: they are again after the file was read anew. */
  private readonly open = new Set<string>();

  constructor(private readonly actions: DetailsActions) {
    this.showNothing();
  }

  /** Shows the node with this key; undefined: nothing is selected. Cheap when it is shown already. */
  show(key: string | undefined): void {
    if (key === this.shown) return;
    this.shown = key;
    this.open.clear();
    this.element.scrollTop = 0;
    this.load();
  }

  /** The file was read again: what is shown is asked for anew. */
  modelChanged(): void {
    this.load();
  }

  private load(): void {
    this.asking?.abort();
    this.asking = undefined;
    if (this.shown === undefined) {
      this.leave();
      return this.showNothing();
    }
    const key = this.shown, asking = (this.asking = new AbortController());
    // The last node's details stay for the blink the answer takes, but nothing can be asked of them.
    const late = setTimeout(() => { this.leave(); replace(this.element, h('div', { class: 'details-wait', attributes: { role: 'status' } }, h('vscode-progress-ring'), h('span', {}, t('Reading…')))); }, 150);
    this.actions.questions.ask('layerDetails', { key }, asking.signal).then(
      (details) => { clearTimeout(late); if (this.asking === asking) this.draw(details); },
      (error: unknown) => { clearTimeout(late); if (this.asking === asking) this.fail(error); });
  }

  /** Takes back what is asked about tensors that go off screen. */
  private leave(): void {
    for (const row of this.rows) row.leave();
    this.rows = [];
  }

  private fail(error: unknown): void {
    this.leave();
    const { message, remedy } = error instanceof Refused ? error.error : { message: String(error), remedy: undefined };
    replace(this.element, h('div', { class: 'details-error', attributes: { role: 'alert' } }, icon('error'), h('div', {}, h('p', {}, message), remedy !== undefined && h('p', { class: 'muted' }, remedy))));
  }

  private draw(details: LayerDetails): void {
    this.leave();
    const { attributes, inputs, outputs, tensors, operators } = details;
    const stored = new Set(tensors.map(({ name }) => name));
    const jump = (key: string): void => {
      this.show(key);
      this.actions.onJump(key);
      this.element.focus({ preventScroll: true });
    };
    const names = axisNamesOf(details);
    replace(this.element,
      this.head(details),
      inputs.length > 0 && section(details.type === 'Output' && details.family === 'port' ? t('Value') : t('Inputs'), valueList(inputs, t('from'), stored, jump)),
      outputs.length > 0 && section(details.family === 'port' ? t('Value') : t('Outputs'), valueList(outputs, t('to'), stored, jump)),
      attributes.length > 0 && section(details.domain === 'keras' || details.domain === 'tfjs' ? t('Settings') : details.family === 'port' ? t('Known about it') : t('Attributes'), attributeTable(attributes)),
      tensors.length > 0 && section(t('Stored tensors'), longList('tensors', tensors, (tensor) => this.row(tensor, names).element, 24)),
      operators.length > 0 && section(t('Operators it became'), operatorList(operators)));
    this.element.dataset.key = details.key;
    for (const row of this.rows) if (this.open.has(row.id)) row.setOpen(true);
  }

  private row(tensor: StoredTensor, names: (tensor: StoredTensor) => readonly string[] | undefined): TensorRow {
    const row = new TensorRow(tensor, names(tensor), {
      questions: this.actions.questions,
      onSave: (id) => this.actions.onSaveTensor(id, tensor.name),
      onCopy: (text) => this.actions.onCopy(text),
      onToggle: (id, open) => { if (open) this.open.add(id); else this.open.delete(id); },
    });
    this.rows.push(row);
    return row;
  }

  private head(details: LayerDetails): HTMLElement {
    const { name, type, domain, family, documentation, parameters, macs, activationBytes } = details;
    const copy = h('button', { class: 'icon-button', title: t('Copy the name'), attributes: { type: 'button', 'aria-label': t('Copy the name') } }, icon('copy'));
    copy.addEventListener('click', () => this.actions.onCopy(name));
    const isPort = family === 'port';
    return h('header', { class: 'details-head' },
      h('div', { class: 'details-title' }, h('span', { class: `family-swatch family-${family}`, attributes: { 'aria-hidden': true } }), h('h2', {}, type), !isPort && h('span', { class: 'muted' }, domain)),
      h('div', { class: 'details-name' }, h('span', { class: 'mono' }, name), name !== '' && copy),
      documentation !== undefined && h('p', { class: 'sentence' }, documentation),
      !isPort && h('dl', { class: 'details-figures' },
        figure(t('Parameters'), formatCount(parameters), formatNumber(parameters)),
        figure(t('MACs'), macs === null ? '–' : formatCount(macs), macs === null ? t('unknown') : t('{0} multiply-accumulates for one sample', formatNumber(macs))),
        figure(t('Activations'), activationBytes === null ? '–' : formatBytes(activationBytes), activationBytes === null ? t('unknown') : t('{0} bytes', formatNumber(activationBytes)))));
  }

  private showNothing(): void {
    delete this.element.dataset.key;
    replace(this.element, h('p', { class: 'details-empty' }, t('Select a layer in the graph or the table to see its details.')));
  }
}

function figure(label: string, value: string, hint: string): HTMLElement {
  return h('div', { class: 'figure', title: hint }, h('dt', {}, label), h('dd', { class: 'numeric' }, value));
}

/** What the axes of a convolution's filters are called, before the last two. */
function axisNamesOf({ type }: LayerDetails): (tensor: StoredTensor) => readonly string[] | undefined {
  return ({ role, dims }) => {
    if (dims.length !== 4) return undefined;
    if (/^(?:Fused|Q(?:Linear)?)?Conv(?:Integer)?$/.test(type) && role.toLowerCase().startsWith('w')) return [t('output channel'), t('input channel')];
    if (/Conv\w*2D$/.test(type) && /kernel|_W$/.test(role)) return [t('row'), t('column')];
    return undefined;
  };
}
