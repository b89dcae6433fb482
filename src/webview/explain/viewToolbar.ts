/** Above the picture: how picture and map stand to each other, and switches of how the map is drawn. */
import type { ViewMode } from '../../protocol/webview';
import { h } from '../common/dom';
import { icon, type IconName } from '../common/icons';
import { t } from '../common/strings';
import type { ViewOptions } from './pictureView';

export interface ViewToolbarEvents {
  onChange(change: Partial<ViewOptions>): void;
  /** The picture alone, while the button is held. */
  onBare(bare: boolean): void;
}

const modes = (): readonly { readonly mode: ViewMode; readonly icon: IconName; readonly label: string; readonly about: string }[] => [
  { mode: 'overlay', icon: 'overlay', label: t('Overlay'), about: t('The map over the picture') },
  { mode: 'sideBySide', icon: 'compare', label: t('Side by side'), about: t('The picture, and the map beside it') },
  { mode: 'slider', icon: 'wipe', label: t('Slider'), about: t('Drag a border between picture and map') },
  { mode: 'contour', icon: 'contour', label: t('Contours'), about: t('Lines around 50, 75 and 90 % of the evidence') },
  { mode: 'masked', icon: 'masked', label: t('Masked'), about: t('Only the strongest parts of the picture') },
];

export class ViewToolbar {
  readonly element: HTMLElement;
  private readonly modes = new Map<ViewMode, HTMLButtonElement>();
  private readonly smooth = toggle('smooth', t('Smooth'), t('Smooth the map for display: its numbers stay as they are'));
  private readonly sign = toggle('sign', t('Sign'), t('Show evidence for and against in different colours'));
  private options: ViewOptions = { opacity: 0.7, colorMap: 'auto', signed: true };

  constructor(private readonly events: ViewToolbarEvents) {
    const group = h('div', { class: 'segments', attributes: { role: 'radiogroup', 'aria-label': t('View') } });
    for (const { mode, icon: name, label, about } of modes()) {
      const button = h('button', { class: 'segment', title: `${label}\n${about}`, attributes: { type: 'button', role: 'radio', 'aria-checked': 'false', 'aria-label': label, tabindex: -1, 'data-mode': mode }, on: { click: () => this.events.onChange({ mode }) } }, icon(name));
      this.modes.set(mode, button);
      group.append(button);
    }
    group.addEventListener('keydown', (event) => this.key(event));
    const peek = h('button', { class: 'icon-button peek', title: t('Hold to see the picture without the map'), attributes: { type: 'button', 'aria-label': t('Picture without the map') } }, icon('eye'));
    const bare = (on: boolean) => () => events.onBare(on);
    peek.addEventListener('pointerdown', bare(true));
    for (const name of ['pointerup', 'pointerleave', 'blur'] as const) peek.addEventListener(name, bare(false));
    peek.addEventListener('keydown', (event) => { if (event.key === ' ' || event.key === 'Enter') events.onBare(true); });
    peek.addEventListener('keyup', bare(false));
    this.smooth.addEventListener('click', () => this.events.onChange({ smooth: !this.options.smooth }));
    this.sign.addEventListener('click', () => this.events.onChange({ signed: !this.options.signed }));
    this.element = h('div', { class: 'view-toolbar', attributes: { role: 'toolbar', 'aria-label': t('View') } }, group, h('span', { class: 'divider' }), this.sign, this.smooth, peek);
  }

  show(options: ViewOptions): void {
    this.options = options;
    for (const [mode, button] of this.modes) {
      const chosen = mode === (options.mode ?? 'overlay');
      button.setAttribute('aria-checked', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    this.smooth.setAttribute('aria-pressed', String(options.smooth ?? false));
    this.sign.setAttribute('aria-pressed', String(options.signed));
  }

  /** @param hasSign whether the map itself tells for from against. */
  enableSign(hasSign: boolean): void {
    this.sign.disabled = !hasSign;
  }

  private key(event: KeyboardEvent): void {
    const by = event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowUp' ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    const all = [...this.modes.keys()], at = all.indexOf(this.options.mode ?? 'overlay');
    const mode = all[(at + by + all.length) % all.length]!;
    this.events.onChange({ mode });
    this.modes.get(mode)!.focus();
  }
}

function toggle(name: IconName, label: string, about: string): HTMLButtonElement {
  return h('button', { class: 'icon-button', title: `${label}\n${about}`, attributes: { type: 'button', 'aria-pressed': 'false', 'aria-label': label } }, icon(name));
}
