/** A chart as a file of its own: style sheets and theme variables are written into the elements. */
import { labelRoom } from './plotColors';
import { s } from './svg';

/** Painted properties that style sheets set. */
const painted = ['fill', 'stroke'] as const;
const inherited = ['fill-opacity', 'stroke-opacity', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'paint-order'] as const;

export interface Heading {
  readonly title: string;
  readonly description?: string;
  /** Series by their colours (CSS), in a line below the title. */
  readonly legend?: readonly { readonly color: string; readonly text: string }[];
}

/** The SVG file of a drawing that is on the page, below its title, on the page's background. Tips are left out. */
export function selfContained(svg: SVGSVGElement, { title, description, legend = [] }: Heading): string {
  const copy = svg.cloneNode(true) as SVGSVGElement, { width, height } = svg.viewBox.baseVal, color = colorReader();
  const walk = (from: Element, to: Element, above: CSSStyleDeclaration | undefined): void => {
    const style = getComputedStyle(from);
    for (const name of ['data-choose', 'class', 'style', 'aria-label', 'aria-hidden', 'role', 'tabindex']) to.removeAttribute(name);
    if (style.display === 'none' || from.getAttribute('aria-label') === 'tip') return to.remove();
    for (const name of painted) {
      const value = style.getPropertyValue(name);
      if (above && value === above.getPropertyValue(name) && !to.hasAttribute(name)) continue;
      const { text, alpha } = color(value);
      to.setAttribute(name, text);
      if (alpha < 1) to.setAttribute(`${name}-opacity`, String(Number((alpha * Number(style.getPropertyValue(`${name}-opacity`))).toFixed(3))));
    }
    for (const name of inherited) {
      const value = style.getPropertyValue(name);
      if (above ? value !== above.getPropertyValue(name) : value) if (!to.hasAttribute(name) || !name.endsWith('-opacity')) to.setAttribute(name, value.replace(/"/g, "'"));
    }
    if (style.opacity !== '1') to.setAttribute('opacity', style.opacity);
    // Children are gone through by the original's list: the copy's may lose some on the way.
    const children = [...to.children];
    [...from.children].forEach((child, i) => walk(child, children[i]!, style));
  };
  walk(svg, copy, undefined);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.removeAttribute('xmlns:xlink');
  const above = legend.length ? 50 : 28, ink = color(getComputedStyle(svg).color).text, page = getComputedStyle(document.body);
  copy.setAttribute('viewBox', `0 ${-above} ${width} ${height + above}`);
  copy.setAttribute('height', String(height + above));
  copy.prepend(s('title', {}, title), s('desc', {}, description), s('rect', { y: -above, width, height: height + above, fill: color(page.backgroundColor).text, stroke: 'none' }),
    s('text', { x: 8, y: 18 - above, 'text-anchor': 'start', 'font-size': 13, 'font-weight': 600, fill: ink }, title));
  let x = 8;
  for (const { color: css, text } of legend) {
    const probe = document.createElement('span');
    probe.style.color = css;
    document.body.append(probe);
    copy.append(s('rect', { x, y: 28 - above, width: 12, height: 12, fill: color(getComputedStyle(probe).color).text, stroke: 'none' }), s('text', { x: x + 17, y: 38 - above, 'text-anchor': 'start', fill: ink }, text));
    probe.remove();
    x += 40 + labelRoom([text], Infinity);
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

/** What browsers compute (`rgb()`, `color(srgb …)`) as what every reader of SVG knows: #rrggbb and an opacity. */
function colorReader(): (css: string) => { readonly text: string; readonly alpha: number } {
  const known = new Map<string, { text: string; alpha: number }>(), pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  return (css) => {
    if (css === 'none' || css.startsWith('url(')) return { text: css.replace(/"/g, ''), alpha: 1 };
    let found = known.get(css);
    if (!found) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = css;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      found = { text: `#${[r!, g!, b!].map((part) => part.toString(16).padStart(2, '0')).join('')}`, alpha: a! / 255 };
      known.set(css, found);
    }
    return found;
  };
}

/** A self-contained SVG as PNG. @param scale pixels for each of the drawing's. */
export async function asPng(svg: string, scale: number): Promise<Uint8Array> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error(`a picture of ${canvas.width}×${canvas.height} pixels could not be made`);
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(address);
  }
}
