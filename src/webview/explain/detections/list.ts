/** The detections as a list: one button each, arrow keys go from one to the next. */
import { h, replace } from '../../common/dom';
import { classColour } from './colours';

export interface Row {
  readonly key: string;
  readonly label: string;
  /** What is beside the label. */
  readonly figure: string;
  /** Length of the bar, 0…1. */
  readonly share: number;
  readonly classIndex: number;
  /** For screen readers and as a tooltip. */
  readonly about: string;
}

export class DetectionList {
  readonly element = h('ul', { class: 'detection-list' });
  private buttons = new Map<string, HTMLButtonElement>();
  private rows: readonly Row[] = [];

  constructor(private readonly events: { onChoose(key: string): void; onPoint(key: string | undefined): void }) {
    this.element.addEventListener('keydown', (event) => this.move(event));
  }

  show(rows: readonly Row[], chosen: string | undefined): void {
    const focused = [...this.buttons].find(([, button]) => button === document.activeElement)?.[0];
    if (JSON.stringify(rows) !== JSON.stringify(this.rows)) this.make(rows);
    const first = rows.some(({ key }) => key === chosen) ? chosen : rows[0]?.key;
    for (const [key, button] of this.buttons) {
      button.setAttribute('aria-pressed', String(key === chosen));
      button.tabIndex = key === (focused !== undefined && this.buttons.has(focused) ? focused : first) ? 0 : -1;
    }
  }

  private make(rows: readonly Row[]): void {
    this.rows = rows;
    const had = [...this.buttons.values()].includes(document.activeElement as HTMLButtonElement);
    this.buttons = new Map(rows.map((row) => [row.key, this.button(row)]));
    replace(this.element, ...[...this.buttons.values()].map((button) => h('li', {}, button)));
    if (had) this.buttons.values().next().value?.focus();
  }

  private button({ key, label, figure, share, classIndex, about }: Row): HTMLButtonElement {
    const swatch = h('span', { class: 'detection-swatch', attributes: { 'aria-hidden': true } }), bar = h('span', { class: 'track', attributes: { 'aria-hidden': true } }, h('span', { class: 'fill' }));
    swatch.style.background = classColour(classIndex);
    (bar.firstElementChild as HTMLElement).style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
    const point = (): void => this.events.onPoint(key), leave = (): void => this.events.onPoint(undefined);
    return h('button', {
      class: 'detection', title: about, attributes: { type: 'button', 'aria-label': about, 'aria-pressed': 'false', 'data-detection': key },
      on: { click: () => this.events.onChoose(key), mouseenter: point, mouseleave: leave, focus: point, blur: leave },
    }, swatch, h('span', { class: 'label' }, label), h('span', { class: 'figure numeric' }, figure), bar);
  }

  private move(event: KeyboardEvent): void {
    const keys = [...this.buttons.keys()], at = keys.findIndex((key) => this.buttons.get(key) === document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: keys.length - 1 }[event.key];
    if (at < 0 || to === undefined || to < 0 || to >= keys.length) return;
    event.preventDefault();
    for (const [key, button] of this.buttons) button.tabIndex = key === keys[to] ? 0 : -1;
    this.buttons.get(keys[to]!)!.focus();
  }
}
