/** Colours of charts: of series, of values from low to high, and of what is signed. They follow the theme and stay apart for colour-blind eyes. */
import type { Markish } from '@observablehq/plot';
import { colorTable } from '../../tensor/colormap';
import { themeColor } from '../common/theme';
import { s } from './svg';

/** Series and parts of charts, as style sheet variables that plot.css sets for every theme. */
export const ink = {
  main: 'var(--chart-main)', other: 'var(--chart-other)', third: 'var(--chart-third)', for: 'var(--for)', against: 'var(--against)',
  missing: 'var(--chart-missing)', chosen: 'var(--chart-chosen)', faint: 'var(--chart-faint)', muted: 'var(--muted)', text: 'var(--vscode-foreground)',
} as const;

/** CSS colours of 0…1. */
export type Ramp = (share: number) => string;

function isLight(): boolean {
  return document.body.classList.contains('vscode-light') || document.body.classList.contains('vscode-high-contrast-light');
}

/** From low to high: viridis without the end that sinks into the theme's background. */
export function valueRamp(): Ramp {
  const table = colorTable('viridis'), [start, end] = isLight() ? [0, 0.82] : [0.3, 1];
  return (share) => {
    const at = 3 * Math.round(255 * (start + (end - start) * clamp(share)));
    return `rgb(${table[at]}, ${table[at + 1]}, ${table[at + 2]})`;
  };
}

/** From against (0) over the page's background (0.5) to for (1): blue and red as everywhere in Model Lens. */
export function signedRamp(): Ramp {
  const [low, middle, high] = isLight() ? ['#2166ac', '#f3f3f3', '#b2182b'] : ['#5aa9dd', themeColor('--vscode-editor-background', '#1f1f1f'), '#ee7a63'];
  return (share) => {
    const part = Math.round(200 * Math.abs(clamp(share) - 0.5));
    return `color-mix(in oklab, ${share < 0.5 ? low : high} ${part}%, ${middle})`;
  };
}

/** From nothing, the page's background, to much: strengths. */
export function strengthRamp(): Ramp {
  return (share) => `color-mix(in oklab, ${ink.main} ${Math.round(100 * clamp(share))}%, var(--vscode-editor-background))`;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0.5));
}

export interface RampLegend {
  readonly ramp: Ramp;
  /** Words at either end, and in the middle. */
  readonly low: string;
  readonly high: string;
  readonly middle?: string;
  readonly title: string;
  /** A grey entry: 'missing'. */
  readonly missing?: string;
  /** Pixels from the right; default: the chart's margin. */
  readonly right?: number;
}

/** A mark that says what the colours mean, in the top margin on the right: part of the drawing, so that files have it. Needs a top margin of 34. */
export function rampLegend({ ramp, low, high, middle, title, missing, right: fromRight }: RampLegend): Markish {
  return ((_index: unknown, _scales: unknown, _values: unknown, { width, marginRight }: { width: number; marginRight: number }) => {
    const long = 120, steps = 40, right = width - (fromRight ?? marginRight), left = right - long;
    const text = (words: string, x: number, anchor: string, y: number, extra = {}): SVGElement => s('text', { x, y, 'text-anchor': anchor, ...extra }, words);
    return s('g', { 'aria-label': 'legend', class: 'chart-legend' },
      text(title, left - 8, 'end', 13),
      ...Array.from({ length: steps }, (_, i) => s('rect', { x: left + (i * long) / steps, y: 4, width: long / steps + 0.5, height: 10, fill: ramp(i / (steps - 1)), stroke: 'none' })),
      text(low, left, 'start', 26), text(high, right, 'end', 26), middle !== undefined && text(middle, (left + right) / 2, 'middle', 26),
      missing !== undefined && s('circle', { cx: left - 8 - 6, cy: 22, r: 3.5, fill: ink.missing }), missing !== undefined && text(missing, left - 22, 'end', 26));
  }) as unknown as Markish;
}

/**
 * Options of a horizontal axis with a title in the middle below it. Needs a bottom margin of 46, more for slanted ticks.
 * @param room pixels the title may take.
 */
export function titled(label: string, room = Infinity): { label: string; labelAnchor: 'center'; labelArrow: 'none'; labelOffset: number } {
  return { label: fitting(label, room), labelAnchor: 'center', labelArrow: 'none', labelOffset: 36 };
}

let pen: CanvasRenderingContext2D | undefined;

/** Pixels that the longest of some texts takes in a chart, at most `most`: room for the labels of an axis. */
export function labelRoom(texts: readonly string[], most = 180): number {
  pen ??= document.createElement('canvas').getContext('2d')!;
  pen.font = `12px ${themeColor('--vscode-font-family', 'sans-serif')}`;
  return Math.ceil(Math.min(most, Math.max(0, ...texts.map((text) => pen!.measureText(text).width))));
}

/** `text` with its end left out where it would be wider than `room` pixels. */
export function fitting(text: string, room: number): string {
  if (labelRoom([text], Infinity) <= room) return text;
  let end = Math.min(text.length, 200);
  while (end > 1 && labelRoom([`${text.slice(0, end)}…`], Infinity) > room) end--;
  return `${text.slice(0, end)}…`;
}
