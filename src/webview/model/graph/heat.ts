/** The measures a box can be coloured by. */
import { formatBytes, formatCount, formatPercent } from '../../common/format';
import { t } from '../../common/strings';
import type { Heat } from './api';
import type { Item, Items } from './items';
import type { Scene } from './scene';

export type Measure = Exclude<Heat, 'none'>;

export const heatName = (heat: Heat): string => ({ none: t('Operator family'), parameters: t('Parameters'), macs: t('MACs'), activationBytes: t('Activation bytes') })[heat];

export function heatOf(item: Item, measure: Measure): number | null {
  return item[measure];
}

export function formatHeat(value: number, measure: Measure): string {
  return measure === 'activationBytes' ? formatBytes(value) : formatCount(value);
}

/** The scale of the boxes on screen: colours compare what stands open now, shares are of the whole model. */
export class HeatScale {
  readonly largest: number;
  readonly total: number;

  constructor(scene: Scene, readonly measure: Measure) {
    let largest = 0;
    for (const level of scene.allLevels()) for (const child of level.children) if (!scene.level(child)) largest = Math.max(largest, heatOf(scene.items.get(child), measure) ?? 0);
    this.largest = largest;
    this.total = totalOf(scene.items, measure);
  }

  /** 0…1 by square root, so that small values differ too; undefined where the value is unknown. */
  share(item: Item): number | undefined {
    const value = heatOf(item, this.measure);
    return value === null ? undefined : this.largest > 0 ? Math.sqrt(value / this.largest) : 0;
  }

  /** '2.36 M · 12.0 %', and what of it fits where there is less room. */
  texts(item: Item): readonly string[] {
    const value = heatOf(item, this.measure);
    if (value === null) return [t('unknown'), '?'];
    const short = formatHeat(value, this.measure);
    return this.total > 0 && value > 0 ? [`${short} · ${formatPercent(value / this.total)}`, short] : [short];
  }
}

/** Of the model, as far as it is known. */
export function totalOf(items: Items, measure: Measure): number {
  return items.roots.reduce((sum, root) => sum + knownBelow(items, root, measure), 0);
}

function knownBelow(items: Items, id: number, measure: Measure): number {
  const item = items.get(id), value = heatOf(item, measure);
  return value ?? (item.kind === 'node' ? 0 : item.children.reduce((sum, child) => sum + knownBelow(items, child, measure), 0));
}
