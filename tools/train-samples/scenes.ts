/**
 * Procedural scenes: one object of a known class on a textured background, among shapes that mean nothing. What
 * decides the class is the object alone, and its mask is known, so that a map of what a network looks at can be judged.
 */
import { Random } from '../../src/tensor/random';

export const classNames = ['balloon', 'boat', 'car', 'fish', 'house', 'tree'] as const;
export type ClassName = (typeof classNames)[number];

/** Colours of an object: every part is drawn in one of these, so that the mask is the same drawing in white. */
interface Paint { readonly main: string; readonly second: string; readonly dark: string }

interface Place { readonly x: number; readonly y: number; readonly size: number; readonly turn: number; readonly flip: boolean }

export interface SceneObject { readonly name: ClassName; readonly place: Place; readonly paint: Paint }

export interface Scene {
  readonly objects: readonly SceneObject[];
  /** Everything behind the objects, as SVG in a unit square. */
  readonly background: string;
  readonly definitions: string;
}

/** Each object as SVG in the square −1…1. */
const drawings: Readonly<Record<ClassName, (paint: Paint) => string>> = {
  balloon: ({ main, second, dark }) => `
    <path d="M-.3,.42 L-.13,.72 M.3,.42 L.13,.72" stroke="${dark}" stroke-width=".06"/>
    <path d="M0,-1 C.6,-1 .8,-.6 .72,-.2 C.64,.15 .4,.35 .3,.5 L-.3,.5 C-.4,.35 -.64,.15 -.72,-.2 C-.8,-.6 -.6,-1 0,-1Z" fill="${main}"/>
    <path d="M0,-1 C.28,-.8 .28,0 .12,.5 L-.12,.5 C-.28,0 -.28,-.8 0,-1Z" fill="${second}"/>
    <rect x="-.2" y=".7" width=".4" height=".3" fill="${dark}"/>`,
  boat: ({ main, second, dark }) => `
    <rect x="-.04" y="-1" width=".08" height="1.4" fill="${dark}"/>
    <path d="M.06,-.92 Q.75,-.35 .8,.22 L.06,.22Z" fill="${second}"/>
    <path d="M-.06,-.7 L-.06,.22 L-.62,.22Z" fill="${second}"/>
    <path d="M-1,.34 L1,.34 Q.85,.85 .5,.9 L-.55,.9 Q-.85,.8 -1,.34Z" fill="${main}"/>`,
  car: ({ main, second, dark }) => `
    <path d="M-.6,-.05 L-.38,-.5 L.3,-.5 L.62,-.05Z" fill="${main}"/>
    <path d="M-.45,-.08 L-.3,-.4 L-.06,-.4 L-.06,-.08Z M.04,-.08 L.04,-.4 L.24,-.4 L.45,-.08Z" fill="${second}"/>
    <rect x="-1" y="-.12" width="2" height=".5" rx=".16" fill="${main}"/>
    <circle cx="-.52" cy=".4" r=".25" fill="${dark}"/><circle cx=".52" cy=".4" r=".25" fill="${dark}"/>
    <circle cx="-.52" cy=".4" r=".1" fill="${second}"/><circle cx=".52" cy=".4" r=".1" fill="${second}"/>`,
  fish: ({ main, second, dark }) => `
    <path d="M.4,0 L1,-.45 Q.85,0 1,.45Z" fill="${second}"/>
    <path d="M-.3,-.4 Q.1,-.8 .3,-.3Z M-.15,.35 Q.15,.7 .25,.25Z" fill="${second}"/>
    <path d="M-1,.05 Q-.6,-.5 0,-.45 Q.4,-.35 .6,0 Q.4,.4 0,.45 Q-.6,.5 -1,.05Z" fill="${main}"/>
    <path d="M-.45,-.3 Q-.28,.05 -.45,.35" stroke="${dark}" stroke-width=".05" fill="none"/>
    <circle cx="-.68" cy="-.06" r=".08" fill="${dark}"/>`,
  house: ({ main, second, dark }) => `
    <rect x=".38" y="-.85" width=".2" height=".5" fill="${dark}"/>
    <rect x="-.7" y="-.1" width="1.4" height="1" fill="${main}"/>
    <path d="M-.95,-.05 L0,-.9 L.95,-.05Z" fill="${second}"/>
    <rect x="-.16" y=".35" width=".32" height=".55" fill="${dark}"/>
    <rect x="-.55" y=".12" width=".26" height=".26" fill="${dark}"/><rect x=".29" y=".12" width=".26" height=".26" fill="${dark}"/>`,
  tree: ({ main, second, dark }) => `
    <path d="M-.12,.1 L.12,.1 L.18,1 L-.18,1Z" fill="${dark}"/>
    <circle cx="-.38" cy="-.05" r=".42" fill="${main}"/><circle cx=".38" cy="-.05" r=".42" fill="${main}"/>
    <circle cx="0" cy="-.48" r=".5" fill="${main}"/><circle cx="-.12" cy="-.25" r=".3" fill="${second}"/>`,
};

function colour(random: Random, lightness: number): string {
  const clipped = Math.max(4, Math.min(96, lightness));
  return `hsl(${random.integer(360)},${35 + random.integer(55)}%,${clipped.toFixed(0)}%)`;
}

/** A texture behind everything: bars, a chessboard, dots, clouds, or only a gradient. */
function texture(random: Random, lightness: number): { definitions: string; fill: string } {
  const tone = colour(random, lightness + (random.uniform() < 0.5 ? -14 : 14));
  const step = 0.05 + random.uniform() * 0.12;
  const turn = random.integer(180);
  const pattern = (content: string): string => `<pattern id="t" width="${step}" height="${step}" patternUnits="userSpaceOnUse" patternTransform="rotate(${turn})">${content}</pattern>`;
  const gradient = `<linearGradient id="g" gradientTransform="rotate(${random.integer(90)})"><stop offset="0" stop-color="${colour(random, lightness - 8)}"/><stop offset="1" stop-color="${colour(random, lightness + 8)}"/></linearGradient>`;
  const base = '<rect width="1" height="1" fill="url(#g)"/>';
  const over = `<rect width="1" height="1" fill="url(#t)" opacity="${(0.35 + random.uniform() * 0.5).toFixed(2)}"/>`;
  switch (random.integer(5)) {
    case 0: return { definitions: gradient + pattern(`<rect width="${step / 2}" height="${step}" fill="${tone}"/>`), fill: base + over };
    case 1: return { definitions: gradient + pattern(`<rect width="${step / 2}" height="${step / 2}" fill="${tone}"/><rect x="${step / 2}" y="${step / 2}" width="${step / 2}" height="${step / 2}" fill="${tone}"/>`), fill: base + over };
    case 2: return { definitions: gradient + pattern(`<circle cx="${step / 2}" cy="${step / 2}" r="${step / 4}" fill="${tone}"/>`), fill: base + over };
    case 3: {
      // Soft clouds: large ellipses of a neighbouring tone.
      let clouds = '';
      for (let i = 0; i < 9; i++) clouds += `<ellipse cx="${random.uniform()}" cy="${random.uniform()}" rx="${0.08 + random.uniform() * 0.2}" ry="${0.04 + random.uniform() * 0.12}" fill="${tone}" opacity=".35"/>`;
      return { definitions: gradient, fill: base + clouds };
    }
    default: return { definitions: gradient, fill: base };
  }
}

/** A shape that means nothing: discs, rings, boxes, triangles, bars and crosses come with every class alike. */
function distractor(random: Random, lightness: number): string {
  const r = 0.03 + random.uniform() * 0.07;
  const tone = colour(random, lightness + (random.uniform() < 0.5 ? -1 : 1) * (15 + random.uniform() * 35));
  const shapes = [
    `<circle r="${r}" fill="${tone}"/>`,
    `<circle r="${r}" fill="none" stroke="${tone}" stroke-width="${r / 2}"/>`,
    `<rect x="${-r}" y="${-r}" width="${2 * r}" height="${r * (1 + random.uniform())}" fill="${tone}"/>`,
    `<path d="M0,${-r} L${r},${r} L${-r},${r}Z" fill="${tone}"/>`,
    `<rect x="${-2 * r}" y="${-r / 4}" width="${4 * r}" height="${r / 2}" fill="${tone}"/>`,
    `<path d="M${-r},0 L${r},0 M0,${-r} L0,${r}" stroke="${tone}" stroke-width="${r / 2}"/>`,
  ];
  return `<g transform="translate(${random.uniform()} ${random.uniform()}) rotate(${random.integer(360)})">${shapes[random.integer(shapes.length)]!}</g>`;
}

function place(random: Random, size: number, from: number, to: number): Place {
  const middle = (low: number, high: number): number => low + random.uniform() * Math.max(0, high - low);
  return { size, x: middle(from + size, to - size), y: middle(size, 1 - size), turn: (random.uniform() - 0.5) * 24, flip: random.uniform() < 0.5 };
}

/** A scene with the given objects (one for training; two stand side by side). */
export function drawScene(random: Random, names: readonly ClassName[]): Scene {
  const lightness = 22 + random.uniform() * 60;
  const { definitions, fill } = texture(random, lightness);
  let background = fill;
  for (let i = 3 + random.integer(6); i > 0; i--) background += distractor(random, lightness);
  const objects = names.map((name, i) => {
    // Light on dark or dark on light, so that the object can be seen.
    const contrast = lightness < 45 ? 1 : lightness > 60 ? -1 : random.uniform() < 0.5 ? -1 : 1;
    const shade = lightness + contrast * (24 + random.uniform() * 14);
    const paint = { main: colour(random, shade), second: colour(random, shade + contrast * 10), dark: colour(random, lightness + contrast * 42) };
    const width = 1 / names.length;
    const size = Math.min(0.2 + random.uniform() * 0.18, width / 2);
    return { name, paint, place: place(random, size, i * width, (i + 1) * width) };
  });
  return { objects, background, definitions };
}

function placed({ name, place: { x, y, size, turn, flip } }: SceneObject, paint: Paint): string {
  return `<g transform="translate(${x} ${y}) rotate(${turn}) scale(${flip ? -size : size} ${size})">${drawings[name](paint)}</g>`;
}

function svg(content: string, side: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 1 1">${content}</svg>`;
}

/** The scene as an SVG of side × side pixels. */
export function sceneSvg(scene: Scene, side: number): string {
  return svg(`<defs>${scene.definitions}</defs>${scene.background}${scene.objects.map((object) => placed(object, object.paint)).join('')}`, side);
}

/** One object's silhouette, white on black. */
export function maskSvg(object: SceneObject, side: number): string {
  const white = '#fff';
  return svg(`<rect width="1" height="1" fill="#000"/>${placed(object, { main: white, second: white, dark: white })}`, side);
}
