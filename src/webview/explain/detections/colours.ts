/** One colour a class: far from its neighbours', and bright enough that black text stands on it. */

/** The golden angle: however many classes there are, consecutive ones lie far apart on the circle of hues. */
const step = 137.508, first = 48;

export function classColour(index: number, alpha = 1): string {
  const hue = (first + index * step) % 360;
  // Blues and purples look darker than other hues of the same lightness.
  return `hsl(${hue.toFixed(1)} 90% ${hue > 210 && hue < 300 ? 76 : 62}% / ${alpha})`;
}
