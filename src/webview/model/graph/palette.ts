/** The theme's colours for the canvas, and those computed from them. */
import { isHighContrast, themeColor } from '../../common/theme';

export interface Palette {
  readonly background: string;
  readonly box: string;
  readonly border: string;
  readonly text: string;
  readonly muted: string;
  readonly edge: string;
  readonly accent: string;
  readonly found: string;
  readonly font: string;
  readonly highContrast: boolean;
  readonly families: Readonly<Record<string, string>>;
  /** Of a comparison: same, changed, added, removed. */
  readonly kinds: Readonly<Record<string, string>>;
  /** A colour that text can stand on. */
  soft(color: string): string;
  /** Fill of a frame inside `depth` others. */
  frame(depth: number): string;
  /** Colour of a share 0…1 of the largest value. */
  heat(share: number): string;
}

/** Families in the order of the legend, with their colour variables and what stands in for them; greys come from the text's colour. */
export const families: readonly (readonly [family: string, variable: string, fallback: string])[] = [
  ['conv', '--vscode-charts-blue', '#3794ff'],
  ['dense', '--vscode-charts-purple', '#b180d7'],
  ['attention', '--vscode-terminal-ansiMagenta', '#bc3fbc'],
  ['recurrent', '--vscode-terminal-ansiBrightMagenta', '#d670d6'],
  ['norm', '--vscode-charts-green', '#89d185'],
  ['activation', '--vscode-charts-red', '#f14c4c'],
  ['pool', '--vscode-charts-yellow', '#cca700'],
  ['merge', '--vscode-terminal-ansiCyan', '#11a8cd'],
  ['shape', '', '#9d9d9d'],
  ['other', '--vscode-symbolIcon-classForeground', '#ee9d28'],
  ['port', '', '#cccccc'],
];

export function readPalette(): Palette {
  const text = themeColor('--vscode-foreground', '#cccccc'), background = themeColor('--vscode-editor-background', '#1e1e1e');
  const muted = themeColor('--vscode-descriptionForeground', text);
  const highContrast = isHighContrast();
  const box = highContrast ? background : mix(background, text, 0.045);
  const hot = '#e5533d', warm = '#f0a030';
  return {
    background, box, text, muted, highContrast,
    border: themeColor('--vscode-contrastBorder', mix(background, text, 0.22)),
    edge: highContrast ? text : mix(background, text, 0.45),
    accent: themeColor('--vscode-focusBorder', '#0078d4'),
    found: themeColor('--vscode-editorFindMatch-border', '') || solid(themeColor('--vscode-editor-findMatchBackground', '#d18616')),
    font: themeColor('--vscode-font-family', 'sans-serif'),
    families: { ...Object.fromEntries(families.map(([family, variable, fallback]) => [family, themeColor(variable, fallback)])), shape: mix(background, text, 0.55), port: mix(background, text, 0.7) },
    kinds: {
      same: muted, changed: themeColor('--vscode-charts-yellow', '#cca700'),
      added: themeColor('--vscode-charts-green', '#89d185'), removed: themeColor('--vscode-charts-red', '#f14c4c'),
    },
    soft: (color) => mix(background, color, highContrast ? 0.3 : 0.42),
    frame: (depth) => highContrast ? background : mix(background, text, 0.022 * Math.min(6, depth)),
    heat: (share) => share < 0.5 ? mix(box, warm, 0.08 + 0.9 * share) : mix(mix(box, warm, 0.53), hot, 1.4 * (share - 0.5)),
  };
}

let probe: CanvasRenderingContext2D | null = null;
const parsed = new Map<string, readonly [number, number, number]>();

/** Red, green and blue of any CSS colour; transparency is left out. */
function parse(color: string): readonly [number, number, number] {
  const known = parsed.get(color);
  if (known) return known;
  probe ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!probe) return [128, 128, 128];
  probe.fillStyle = '#000';
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const written = String(probe.fillStyle);
  const hex = /^#(..)(..)(..)$/.exec(written);
  const numbers = hex ? hex.slice(1).map((part) => parseInt(part, 16)) : (written.match(/[\d.]+/g) ?? []).map(Number);
  const found = [numbers[0] ?? 128, numbers[1] ?? 128, numbers[2] ?? 128] as const;
  parsed.set(color, found);
  return found;
}

/** `share` of `b` over `a`. */
export function mix(a: string, b: string, share: number): string {
  const key = `${a} ${b} ${share}`, known = mixed.get(key);
  if (known !== undefined) return known;
  const from = parse(a), to = parse(b);
  const found = `rgb(${from.map((value, channel) => Math.round(value + (to[channel]! - value) * share)).join(', ')})`;
  mixed.set(key, found);
  return found;
}

const mixed = new Map<string, string>();

function solid(color: string): string {
  return `rgb(${parse(color).join(', ')})`;
}
