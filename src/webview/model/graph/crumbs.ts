/** Where one is: the open boxes around the middle of the window whose headers are out of view. */
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import type { Camera } from './camera';
import { badge } from './measure';
import type { Scene } from './scene';

export class Crumbs {
  readonly element = h('nav', { class: 'graph-crumbs', attributes: { hidden: true, 'aria-label': t('Open groups around here') } });
  private shown = '';

  constructor(private readonly chosen: (item: number) => void) {}

  show(scene: Scene | undefined, camera: Camera, width: number, height: number): void {
    const path: number[] = [];
    if (scene) {
      const hit = scene.hit(camera.x + width / 2 / camera.scale, camera.y + height / 3 / camera.scale);
      for (let at = hit?.item ?? -1; at >= 0; at = scene.items.get(at).parent) if (scene.level(at) && scene.rect(at).y < camera.y) path.unshift(at);
    }
    const key = path.join();
    if (key === this.shown) return;
    this.shown = key;
    this.element.hidden = path.length === 0;
    replace(this.element, ...path.map((id) => {
      const item = scene!.items.get(id);
      return h('button', { class: 'crumb', title: t('Go to the start of {0}', item.title), attributes: { type: 'button' }, on: { click: () => this.chosen(id) } }, [item.title, badge(item)].filter(Boolean).join(' '));
    }));
  }
}
