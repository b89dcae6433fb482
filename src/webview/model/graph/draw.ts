/** Drawing the visible part of a scene. Detail follows the zoom: boxes with text, coloured boxes, then specks. */
import { isHighContrast, themeColor } from '../../common/theme';
import type { Camera } from './camera';
import { detailFont, nodeTitle, textLeft, titleFont } from './measure';
import type { Scene } from './scene';

export interface Palette {
  readonly background: string;
  readonly box: string;
  readonly border: string;
  readonly text: string;
  readonly muted: string;
  readonly edge: string;
  readonly accent: string;
  readonly font: string;
  readonly highContrast: boolean;
  readonly families: Readonly<Record<string, string>>;
}

const familyColors: Readonly<Record<string, readonly [variable: string, fallback: string]>> = {
  conv: ['--vscode-charts-blue', '#3794ff'],
  dense: ['--vscode-charts-purple', '#b180d7'],
  activation: ['--vscode-charts-red', '#f14c4c'],
  norm: ['--vscode-charts-green', '#89d185'],
  pool: ['--vscode-charts-yellow', '#cca700'],
  merge: ['--vscode-terminal-ansiCyan', '#11a8cd'],
  attention: ['--vscode-terminal-ansiMagenta', '#bc3fbc'],
  recurrent: ['--vscode-terminal-ansiBrightMagenta', '#d670d6'],
  port: ['--vscode-foreground', '#cccccc'],
};

/** The theme's colours now. */
export function readPalette(): Palette {
  const text = themeColor('--vscode-foreground', '#cccccc');
  const muted = themeColor('--vscode-descriptionForeground', text);
  const highContrast = isHighContrast();
  return {
    background: themeColor('--vscode-editor-background', '#1e1e1e'),
    box: highContrast ? themeColor('--vscode-editor-background', '#000') : themeColor('--vscode-editorWidget-background', '#252526'),
    border: themeColor('--vscode-contrastBorder', themeColor('--vscode-editorWidget-border', '#454545')),
    text, muted, edge: highContrast ? text : muted,
    accent: themeColor('--vscode-focusBorder', '#0078d4'),
    font: themeColor('--vscode-font-family', 'sans-serif'),
    highContrast,
    families: Object.fromEntries([...Object.entries(familyColors).map(([family, [variable, fallback]]) => [family, themeColor(variable, fallback)]), ['other', muted], ['shape', muted]]),
  };
}

export interface Marks {
  readonly selected: number | undefined;
  readonly hoveredNode: number | undefined;
  readonly hoveredEdge: number | undefined;
}

/** Draws one frame. @returns how many nodes and edges it drew. */
export function drawScene(context: CanvasRenderingContext2D, scene: Scene, camera: Camera, palette: Palette, marks: Marks, view: { width: number; height: number; ratio: number }): { nodes: number; edges: number } {
  const { scale } = camera;
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.fillStyle = palette.background;
  context.fillRect(0, 0, view.width, view.height);
  const k = view.ratio * scale;
  context.setTransform(k, 0, 0, k, -camera.x * k, -camera.y * k);
  const bounds = { left: camera.x, top: camera.y, right: camera.x + view.width / scale, bottom: camera.y + view.height / scale };
  const edges = drawEdges(context, scene, bounds, scale, palette, marks);
  const nodes = drawNodes(context, scene, bounds, scale, palette, marks);
  return { nodes, edges };
}

interface Bounds { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }

function drawEdges(context: CanvasRenderingContext2D, scene: Scene, bounds: Bounds, scale: number, palette: Palette, marks: Marks): number {
  const { layout, ends } = scene;
  const marked: number[] = [];
  let drawn = 0;
  context.lineWidth = Math.max(1.1, 0.7 / scale);
  context.strokeStyle = palette.edge;
  context.globalAlpha = palette.highContrast ? 0.9 : 0.55;
  context.beginPath();
  for (const edge of scene.edgesBetween(bounds.top, bounds.bottom)) {
    const first = layout.offsets[edge]!, last = layout.offsets[edge + 1]! - 1;
    // Less than a pixel long: the specks of its nodes cover it.
    if (Math.abs(layout.points[2 * last + 1]! - layout.points[2 * first + 1]!) * scale < 1.5) continue;
    if (edge === marks.hoveredEdge || (marks.selected !== undefined && (ends[2 * edge] === marks.selected || ends[2 * edge + 1] === marks.selected))) marked.push(edge);
    else { trace(context, scene, edge); drawn++; }
  }
  context.stroke();
  context.globalAlpha = 1;
  if (marked.length > 0) {
    context.strokeStyle = palette.accent;
    context.lineWidth = Math.max(2, 1.4 / scale);
    context.beginPath();
    for (const edge of marked) trace(context, scene, edge);
    context.stroke();
  }
  if (scale > 0.4) drawArrows(context, scene, bounds, palette, marked);
  return drawn + marked.length;
}

/** A smooth line through the edge's points. */
function trace(context: CanvasRenderingContext2D, scene: Scene, edge: number): void {
  const { points, offsets } = scene.layout;
  const first = offsets[edge]!, last = offsets[edge + 1]! - 1;
  const x = (p: number): number => points[2 * p]!, y = (p: number): number => points[2 * p + 1]!;
  context.moveTo(x(first), y(first));
  if (last - first === 1) {
    const middle = (y(first) + y(last)) / 2;
    context.bezierCurveTo(x(first), middle, x(last), middle, x(last), y(last));
    return;
  }
  for (let p = first + 1; p < last; p++) {
    const halfway = p + 1 < last;
    context.quadraticCurveTo(x(p), y(p), halfway ? (x(p) + x(p + 1)) / 2 : x(last), halfway ? (y(p) + y(p + 1)) / 2 : y(last));
  }
}

function drawArrows(context: CanvasRenderingContext2D, scene: Scene, bounds: Bounds, palette: Palette, marked: readonly number[]): void {
  const { points, offsets } = scene.layout;
  const special = new Set(marked);
  for (const edge of scene.edgesBetween(bounds.top, bounds.bottom)) {
    const tip = offsets[edge + 1]! - 1, x = points[2 * tip]!, y = points[2 * tip + 1]!;
    if (y < bounds.top || y > bounds.bottom + 8 || x < bounds.left || x > bounds.right) continue;
    context.fillStyle = special.has(edge) ? palette.accent : palette.edge;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x - 3.5, y - 6);
    context.lineTo(x + 3.5, y - 6);
    context.fill();
  }
}

function drawNodes(context: CanvasRenderingContext2D, scene: Scene, bounds: Bounds, scale: number, palette: Palette, marks: Marks): number {
  const { layout, widths, heights, nodes } = scene;
  const visible: number[] = [];
  for (const node of scene.nodesBetween(bounds.top, bounds.bottom)) {
    const half = widths[node]! / 2;
    if (layout.x[node]! + half >= bounds.left && layout.x[node]! - half <= bounds.right) visible.push(node);
  }
  if (scale < 0.35) {
    // One path a colour: twenty thousand specks are twelve fills.
    const byFamily = new Map<string, number[]>();
    for (const node of visible) {
      const family = nodes[node]!.family;
      const list = byFamily.get(family);
      if (list) list.push(node);
      else byFamily.set(family, [node]);
    }
    const least = 1.2 / scale;
    for (const [family, list] of byFamily) {
      context.fillStyle = palette.families[family] ?? palette.muted;
      context.beginPath();
      for (const node of list) {
        const width = Math.max(least, widths[node]!), height = Math.max(least, heights[node]!);
        context.rect(layout.x[node]! - width / 2, layout.y[node]! - height / 2, width, height);
      }
      context.fill();
    }
    if (marks.selected !== undefined) outline(context, scene, marks.selected, palette.accent, 3 / scale);
    return visible.length;
  }
  context.textBaseline = 'alphabetic';
  for (const node of visible) drawNode(context, scene, node, palette, marks);
  return visible.length;
}

function drawNode(context: CanvasRenderingContext2D, scene: Scene, node: number, palette: Palette, marks: Marks): void {
  const { layout, widths, heights } = scene;
  const info = scene.nodes[node]!;
  const width = widths[node]!, height = heights[node]!, left = layout.x[node]! - width / 2, top = layout.y[node]! - height / 2;
  const color = palette.families[info.family] ?? palette.muted;
  const radius = info.kind === 'op' ? 5 : height / 2;
  context.beginPath();
  context.roundRect(left, top, width, height, radius);
  context.fillStyle = palette.box;
  context.fill();
  // A breath of the family's colour over the box, and its full colour at the left edge.
  context.save();
  context.clip();
  if (!palette.highContrast) {
    context.globalAlpha = node === marks.hoveredNode ? 0.22 : 0.11;
    context.fillStyle = color;
    context.fillRect(left, top, width, height);
    context.globalAlpha = 1;
  }
  if (info.kind === 'op') {
    context.fillStyle = color;
    context.fillRect(left, top, 4, height);
  }
  context.restore();
  context.lineWidth = palette.highContrast ? 1.5 : 1;
  context.strokeStyle = info.kind === 'op' ? palette.border : color;
  context.stroke();
  if (node === marks.selected) outline(context, scene, node, palette.accent, 2);

  const room = width - textLeft - 8;
  const start = info.kind === 'op' ? left + textLeft : layout.x[node]!;
  context.textAlign = info.kind === 'op' ? 'left' : 'center';
  context.fillStyle = palette.text;
  context.font = titleFont(palette.font);
  context.fillText(fitted(context, nodeTitle(info), room), start, info.detail ? top + 18 : top + height / 2 + 4);
  if (info.detail) {
    context.fillStyle = palette.muted;
    context.font = detailFont(palette.font);
    context.fillText(fitted(context, info.detail, room), start, top + 33);
  }
}

function outline(context: CanvasRenderingContext2D, scene: Scene, node: number, color: string, lineWidth: number): void {
  const { layout, widths, heights } = scene;
  context.beginPath();
  context.roundRect(layout.x[node]! - widths[node]! / 2 - 1, layout.y[node]! - heights[node]! / 2 - 1, widths[node]! + 2, heights[node]! + 2, 6);
  context.strokeStyle = color;
  context.lineWidth = lineWidth;
  context.stroke();
}

const fittedTexts = new Map<string, string>();

/** `text`, cut at its end to fit `room`. */
function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  const key = `${context.font}\n${Math.round(room)}\n${text}`;
  const known = fittedTexts.get(key);
  if (known !== undefined) return known;
  let shown = text;
  if (context.measureText(text).width > room) {
    let low = 1, high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
      else high = middle - 1;
    }
    shown = `${text.slice(0, low)}…`;
  }
  if (fittedTexts.size > 20_000) fittedTexts.clear();
  fittedTexts.set(key, shown);
  return shown;
}
