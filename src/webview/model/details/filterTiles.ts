/** The filters of a convolution as pictures, side by side. */
import type { TensorDetails } from '../../../protocol/details';
import { h } from '../../common/dom';
import { formatNumber, formatValue } from '../../common/format';
import { t } from '../../common/strings';
import { themeColor } from '../../common/theme';

type Tiles = NonNullable<TensorDetails['tiles']>;

const gap = 3, wantedSide = 30;

export class FilterTiles {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { attributes: { tabindex: 0, role: 'application', 'aria-roledescription': t('filters') } });
  private readonly status = h('span', { class: 'numeric', attributes: { 'aria-live': 'polite' } });
  private readonly pictures: HTMLCanvasElement[];
  private side = wantedSide;
  private perRow = 1;
  private chosen: number | undefined;

  /** @param onChoose gets the position of a filter that was clicked, if filters can be chosen. */
  constructor(private readonly tiles: Tiles, private readonly onChoose?: (filter: number) => void) {
    const { count, filters, height, width, channels } = tiles;
    this.pictures = Array.from({ length: count }, (_, filter) => picture(tiles, filter));
    const kinds = channels === 3 ? t('red, green and blue are the first three input channels, in the order the network takes them') : t('grey, one input channel');
    this.canvas.setAttribute('aria-label', t('{0} filters of {1} × {2}; the arrow keys move over them', formatNumber(count), height, width));
    this.element = h('figure', { class: 'filters' },
      h('figcaption', {},
        h('div', { class: 'subtitle' }, t('Filters'), ' ', this.status),
        h('div', { class: 'muted' }, count < filters ? t('The first {0} of {1} filters, {2} × {3}: {4}.', formatNumber(count), formatNumber(filters), height, width, kinds) : t('{0} filters, {1} × {2}: {3}.', formatNumber(count), height, width, kinds),
          ' ', t('Dark is {0}, bright {1}, in all of them.', formatValue(tiles.minimum), formatValue(tiles.maximum)))),
      h('div', { class: 'filters-place' }, this.canvas));
    this.canvas.addEventListener('pointermove', (event) => this.choose(this.at(event)));
    this.canvas.addEventListener('pointerleave', () => this.choose(undefined));
    this.canvas.addEventListener('click', (event) => this.take(this.at(event)));
    this.canvas.addEventListener('keydown', (event) => { if (this.key(event)) event.preventDefault(); });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  private draw(): void {
    const room = this.element.clientWidth, { count, width, height } = this.tiles;
    if (room === 0) return;
    // Whole pixels a value, so that none is wider than its neighbour.
    const larger = Math.max(width, height), unit = Math.max(1, Math.round((larger > 10 ? 44 : wantedSide) / larger));
    this.side = unit * larger;
    this.perRow = Math.max(1, Math.floor((room + gap) / (this.side + gap)));
    const across = Math.min(this.perRow, count), down = Math.ceil(count / this.perRow), ratio = window.devicePixelRatio || 1;
    const wide = across * (this.side + gap) + gap, tall = down * (this.side + gap) + gap;
    this.canvas.width = Math.round(wide * ratio);
    this.canvas.height = Math.round(tall * ratio);
    this.canvas.style.width = `${wide}px`;
    this.canvas.style.height = `${tall}px`;
    const context = this.canvas.getContext('2d')!;
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = false;
    this.pictures.forEach((each, filter) => {
      const x = gap + (filter % this.perRow) * (this.side + gap), y = gap + Math.floor(filter / this.perRow) * (this.side + gap);
      context.drawImage(each, x, y, width * unit, height * unit);
      if (filter !== this.chosen) return;
      context.lineWidth = 2;
      context.strokeStyle = themeColor('--vscode-focusBorder', '#0078d4');
      context.strokeRect(x - 1, y - 1, width * unit + 2, height * unit + 2);
    });
  }

  private at(event: MouseEvent): number | undefined {
    const box = this.canvas.getBoundingClientRect(), pitch = this.side + gap;
    const column = Math.floor((event.clientX - box.left - gap / 2) / pitch), row = Math.floor((event.clientY - box.top - gap / 2) / pitch);
    const filter = row * this.perRow + column;
    return column >= 0 && column < this.perRow && filter >= 0 && filter < this.tiles.count ? filter : undefined;
  }

  private choose(filter: number | undefined): void {
    if (filter === this.chosen) return;
    this.chosen = filter;
    this.status.textContent = filter === undefined ? '' : t('Filter {0}', filter);
    this.draw();
  }

  private take(filter: number | undefined): void {
    this.choose(filter);
    if (filter !== undefined) this.onChoose?.(filter);
  }

  private key({ key }: KeyboardEvent): boolean {
    const at = this.chosen ?? -1;
    const to = key === 'ArrowRight' ? at + 1 : key === 'ArrowLeft' ? at - 1 : key === 'ArrowDown' ? at + this.perRow : key === 'ArrowUp' ? at - this.perRow : undefined;
    if (to !== undefined) this.choose(Math.max(0, Math.min(this.tiles.count - 1, to)));
    else if (key === 'Enter' || key === ' ') this.take(this.chosen);
    else return false;
    return true;
  }
}

function picture({ height, width, channels, values }: Tiles, filter: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!, image = context.createImageData(width, height);
  for (let pixel = 0, from = filter * height * width * channels; pixel < height * width; pixel++, from += channels) {
    for (let channel = 0; channel < 3; channel++) image.data[4 * pixel + channel] = Math.round(255 * values[from + (channels === 3 ? channel : 0)]!);
    image.data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
