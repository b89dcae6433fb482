/** What the colours mean: the families of this model, the scale of a measure, or the kinds of a comparison. */
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { formatHeat, heatName } from './heat';
import type { Items } from './items';
import type { Look } from './look';
import { changeKinds } from './marks';
import { families } from './palette';

const familyNames = (): Readonly<Record<string, string>> => ({
  conv: t('Convolution'), dense: t('Matrix product'), attention: t('Attention'), recurrent: t('Recurrent'), norm: t('Normalization'),
  activation: t('Activation'), pool: t('Pooling'), merge: t('Arithmetic'), shape: t('Shape'), other: t('Other'), port: t('Input, output'),
});

export class Legend {
  readonly element = h('section', { class: 'graph-legend', attributes: { hidden: true, 'aria-label': t('Legend') } });

  show(items: Items, look: Look): void {
    const { palette, heat, marks } = look;
    if (marks.kinds.size > 0) {
      const names = { changed: t('Changed'), added: t('Added'), removed: t('Removed'), same: t('Same') };
      const counts = new Map<string, number>();
      for (const item of items.list) {
        if (item.kind !== 'node') continue;
        for (const kind of Object.keys(marks.kinds.get(item.id) ?? {})) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
      replace(this.element, ...changeKinds.map((kind) => entry(palette.kinds[kind]!, names[kind], String(counts.get(kind) ?? 0))));
    } else if (heat) {
      const ticks = [0, 0.25, 0.5, 0.75, 1];
      replace(this.element, h('strong', {}, heatName(heat.measure)),
        h('div', { class: 'legend-scale' }, gradient(ticks.map((share) => palette.heat(share)))),
        h('div', { class: 'legend-ticks' }, ...[0, 0.5, 1].map((share) => h('span', {}, formatHeat(heat.largest * share ** 2, heat.measure)))),
        h('div', { class: 'muted' }, t('total {0}', formatHeat(heat.total, heat.measure))));
    } else {
      const counts = new Map<string, number>(), names = familyNames();
      for (const { node } of items.list) if (node) counts.set(node.family, (counts.get(node.family) ?? 0) + 1);
      replace(this.element, ...families.flatMap(([family]) => counts.has(family) ? [entry(palette.families[family]!, names[family] ?? family, counts.get(family)!.toLocaleString())] : []));
    }
  }
}

/** Canvases, because the page's policy allows no inline styles. */
function entry(color: string, name: string, count: string): HTMLElement {
  return h('div', { class: 'legend-entry' }, swatch(12, 12, [color]), h('span', {}, name), h('span', { class: 'muted' }, count));
}

const gradient = (colors: readonly string[]): HTMLCanvasElement => swatch(150, 10, colors);

function swatch(width: number, height: number, colors: readonly string[]): HTMLCanvasElement {
  const canvas = h('canvas', { attributes: { width, height, 'aria-hidden': 'true' } });
  const context = canvas.getContext('2d')!;
  const ramp = context.createLinearGradient(0, 0, width, 0);
  colors.forEach((color, index) => ramp.addColorStop(colors.length === 1 ? 0 : index / (colors.length - 1), color));
  context.fillStyle = ramp;
  context.fillRect(0, 0, width, height);
  return canvas;
}
