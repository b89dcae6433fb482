/** Before and after: the picture, what is left of it for the model, the numbers it gets, and what it says to them. */
import type { InputPicture, SmallPicture } from '../../../protocol/preprocessing';
import { h, replace } from '../../common/dom';
import { formatPercent, formatValue } from '../../common/format';
import { t } from '../../common/strings';
import type { PictureView } from '../pictureView';

const largestSide = 220;

export class SeenPictures {
  readonly element = h('div', { class: 'seen' });
  private readonly pictures = h('div', { class: 'seen-pictures' });
  private readonly prediction = h('div', { class: 'seen-prediction' });
  private readonly figures = h('table', { class: 'seen-figures numeric' });

  constructor(private readonly picture: PictureView) {
    this.element.append(this.pictures, this.prediction, this.figures);
  }

  async show(seen: InputPicture): Promise<void> {
    const before = this.before(seen), after = seen.picture && await decoded(seen.picture), numbers = await decoded(seen.numbers);
    replace(this.pictures,
      before && figure(before, t('the picture')),
      after && figure(after, t('resized')),
      figure(numbers, t('its numbers'), t('The numbers themselves: the first channel as red, the smallest number black, the largest white')));
    this.showPrediction(seen);
    replace(this.figures,
      h('thead', {}, h('tr', {}, ...['', t('least'), t('most'), t('mean'), t('deviation')].map((name) => h('th', { attributes: { scope: 'col' } }, name)))),
      h('tbody', {}, ...seen.channels.slice(0, 4).map(({ name, minimum, maximum, mean, deviation }) =>
        h('tr', {}, h('th', { attributes: { scope: 'row' } }, channelName(name)), ...[minimum, maximum, mean, deviation].map((value) => h('td', {}, short(value)))))));
  }

  private showPrediction({ prediction }: InputPicture): void {
    const first = prediction?.top.slice(0, 3) ?? [];
    this.element.dataset.says = first[0]?.label ?? '';
    replace(this.prediction, ...first.map(({ label, index, probability, value }) => {
      const bar = h('span', { class: 'trial-fill' });
      bar.style.width = `${Math.min(1, Math.max(0, probability ?? 0)) * 100}%`;
      return h('div', { class: 'seen-class' }, h('span', { class: 'label', title: label }, label || t('class {0}', index)), h('span', { class: 'numeric' }, probability === null ? formatValue(value) : formatPercent(probability)),
        probability !== null && h('span', { class: 'trial-bar', attributes: { 'aria-hidden': true } }, bar));
    }));
  }

  /** The original, with the part the model sees outlined. */
  private before({ frame }: InputPicture): HTMLCanvasElement | undefined {
    const { bitmap, size } = this.picture;
    if (!bitmap || !size) return undefined;
    const scale = Math.min(1, largestSide / Math.max(size.width, size.height)), canvas = h('canvas', { attributes: { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)), 'aria-hidden': true } });
    const context = canvas.getContext('2d')!;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const whole = !frame || (frame.left <= 0.5 && frame.top <= 0.5 && frame.width >= size.width - 1 && frame.height >= size.height - 1);
    if (!whole) {
      for (const [colour, width] of [['#000', 3.5], ['#fff', 1.5]] as const) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.strokeRect(frame.left * scale + 1, frame.top * scale + 1, frame.width * scale - 2, frame.height * scale - 2);
      }
    }
    return canvas;
  }
}

async function decoded({ bytes, mime }: SmallPicture): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: mime })), scale = Math.min(1, largestSide / Math.max(bitmap.width, bitmap.height));
  const canvas = h('canvas', { attributes: { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)), 'aria-hidden': true } });
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

function figure(canvas: HTMLCanvasElement, caption: string, title = ''): HTMLElement {
  return h('figure', { title }, canvas, h('figcaption', { class: 'muted' }, caption));
}

function channelName(name: string): string {
  switch (name) {
    case 'red': return t('red');
    case 'green': return t('green');
    case 'blue': return t('blue');
    case 'grey': return t('grey');
    case 'alpha': return t('alpha');
    default: return name;
  }
}

const short = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2));
