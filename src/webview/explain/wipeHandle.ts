/** The line between picture and map in the slider view: dragged with the pointer, moved with the arrow keys. */
import { h } from '../common/dom';
import { t } from '../common/strings';

export class WipeHandle {
  readonly element = h('div', { class: 'wipe', attributes: { role: 'slider', tabindex: 0, 'aria-label': t('Border between picture and map'), 'aria-valuemin': 0, 'aria-valuemax': 100, hidden: true } }, h('span', { class: 'wipe-grip', attributes: { 'aria-hidden': true } }));
  private left = 0;
  private width = 1;
  private split = 0.5;

  /** @param onMove share of the picture (0…1, from the left) that is shown without the map. */
  constructor(private readonly onMove: (split: number) => void) {
    this.element.addEventListener('pointerdown', (event) => {
      this.element.setPointerCapture(event.pointerId);
      event.preventDefault();
      this.element.focus();
    });
    this.element.addEventListener('pointermove', (event) => {
      if (!this.element.hasPointerCapture(event.pointerId)) return;
      const room = this.element.parentElement!.getBoundingClientRect();
      this.move((event.clientX - room.left - this.left) / this.width);
    });
    this.element.addEventListener('keydown', (event) => {
      const step = event.shiftKey ? 0.1 : 0.02;
      const to = { ArrowLeft: this.split - step, ArrowRight: this.split + step, Home: 0, End: 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.move(to);
    });
  }

  /** Puts the handle over the picture, which lies at these CSS pixels of the stage. */
  place(left: number, top: number, width: number, height: number, split: number): void {
    this.left = left;
    this.width = Math.max(1, width);
    this.split = split;
    const { style } = this.element;
    style.left = `${left + split * width}px`;
    style.top = `${top}px`;
    style.height = `${height}px`;
    this.element.setAttribute('aria-valuenow', String(Math.round(100 * split)));
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
  }

  private move(to: number): void {
    this.onMove(Math.min(1, Math.max(0, to)));
  }
}
