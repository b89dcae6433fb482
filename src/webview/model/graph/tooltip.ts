/** What is under the pointer, in words beside it. */
import { h } from '../../common/dom';
import { describeItem, describeLine } from './describe';
import type { Hit, LineRef, Scene } from './scene';

export class Tooltip {
  readonly element = h('div', { class: 'tooltip', attributes: { hidden: true } });

  show(scene: Scene | undefined, hit: Hit | undefined, line: LineRef | undefined): void {
    this.element.hidden = !scene || (!hit && !line);
    if (!scene) return;
    if (hit) describeItem(this.element, scene.items, scene.items.get(hit.item));
    else if (line) describeLine(this.element, scene.items, scene.edgesOf(line));
  }

  /** Beside the pointer at (x, y), inside a view of this size. */
  place(x: number, y: number, width: number, height: number): void {
    const { element } = this;
    if (element.hidden) return;
    element.style.left = `${Math.max(4, Math.min(x + 14, width - element.offsetWidth - 4))}px`;
    element.style.top = `${y + 18 + element.offsetHeight > height ? Math.max(4, y - element.offsetHeight - 10) : y + 18}px`;
  }
}
