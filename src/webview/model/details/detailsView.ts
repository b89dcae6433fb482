/** What is known about the selected node: the operator, its attributes and values, and its weights on demand. */
import './details.css';
import type { LayerDetails } from '../../../protocol/details';
import { h, replace } from '../../common/dom';
import { Refused, type Questions } from '../../common/ask';
import { t } from '../../common/strings';

export interface DetailsActions {
  readonly questions: Questions;
  /** Somebody wants to see another node (an ArchitectureNode's key). */
  onJump(key: string): void;
  /** Write this stored tensor (a StoredTensor's id) as .npy. */
  onSaveTensor(id: string): void;
  onCopy(text: string): void;
}

export class DetailsView {
  readonly element = h('section', { class: 'details', attributes: { 'aria-label': t('Details'), tabindex: -1 } });
  private shown: string | undefined;
  private asking: AbortController | undefined;

  constructor(private readonly actions: DetailsActions) {
    this.showNothing();
  }

  /** Shows the node with this key; undefined: nothing is selected. Cheap when it is shown already. */
  show(key: string | undefined): void {
    if (key === this.shown) return;
    this.shown = key;
    this.load();
  }

  /** The file was read again: what is shown is asked for anew. */
  modelChanged(): void {
    this.load();
  }

  private load(): void {
    this.asking?.abort();
    this.asking = undefined;
    if (this.shown === undefined) return this.showNothing();
    const asking = (this.asking = new AbortController());
    this.actions.questions.ask('layerDetails', { key: this.shown }, asking.signal).then(
      (details) => { if (this.asking === asking) this.draw(details); },
      (error: unknown) => { if (this.asking === asking) replace(this.element, h('p', { class: 'details-error', attributes: { role: 'alert' } }, error instanceof Refused ? error.error.message : String(error))); });
  }

  private draw(details: LayerDetails): void {
    replace(this.element, h('h2', {}, details.name), h('p', {}, details.type));
  }

  private showNothing(): void {
    replace(this.element, h('p', { class: 'details-empty' }, t('Select a layer to see its details.')));
  }
}
