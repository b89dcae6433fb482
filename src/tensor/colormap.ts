/**
 * Colour maps as 256×3 lookup tables, computed once from a handful of published coefficients.
 *
 * viridis, magma, inferno: degree-6 fits (M. Zucker, shadertoy.com/view/WlfXRN, CC0) of the perceptually uniform maps
 * by Smith, van der Walt and Firing (github.com/BIDS/colormap, CC0). turbo: degree-5 fit (R. Du) of A. Mikhailov's map
 * (Google, 2019, Apache-2.0). blue-white-red: the eleven stops of C. Brewer's RdBu (colorbrewer2.org, Apache-2.0),
 * which stays readable with the common colour-vision deficiencies. coolwarm: stops of K. Moreland's map (Diverging Color
 * Maps for Scientific Visualization, 2009), even steps in Msh. cividis: stops of the map by Nuñez, Anderton and Renslow
 * (2018, CC0), which looks the same with and without colour-vision deficiency.
 */

/** Coefficients of 1, t, t², … for red, green and blue, each 0…1. */
type Polynomial = readonly (readonly [number, number, number])[];

const polynomials = {
  viridis: [
    [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
    [0.1050930431085774, 1.404613529898575, 1.384590162594685],
    [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
    [-4.634230498983486, -5.799100973351585, -19.33244095627987],
    [6.228269936347081, 14.17993336680509, 56.69055260068105],
    [4.776384997670288, -13.74514537774601, -65.35303263337234],
    [-5.435455855934631, 4.645852612178535, 26.3124352495832],
  ],
  magma: [
    [-0.002136485053939582, -0.000749655052795221, -0.005386127855323933],
    [0.2516605407371642, 0.6775232436837668, 2.494026599312351],
    [8.353717279216625, -3.577719514958484, 0.3144679030132573],
    [-27.66873308576866, 14.26473078096533, -13.64921318813922],
    [52.17613981234068, -27.94360607168351, 12.94416944238394],
    [-50.76852536473588, 29.04658282127291, 4.23415299384598],
    [18.65570506591883, -11.48977351997711, -5.601961508734096],
  ],
  inferno: [
    [0.0002189403691192265, 0.001651004631001012, -0.01948089843709184],
    [0.1065134194856116, 0.5639564367884091, 3.932712388889277],
    [11.60249308247187, -3.972853965665698, -15.9423941062914],
    [-41.70399613139459, 17.43639888205313, 44.35414519872813],
    [77.162935699427, -33.40235894210092, -81.80730925738993],
    [-71.31942824499214, 32.62606426397723, 73.20951985803202],
    [25.13112622477341, -12.24266895238567, -23.07032500287172],
  ],
  turbo: [
    [0.13572138, 0.09140261, 0.1066733],
    [4.6153926, 2.19418839, 12.64194608],
    [-42.66032258, 4.84296658, -60.58204836],
    [132.13108234, -14.18503333, 110.36276771],
    [-152.94239396, 4.27729857, -89.90310912],
    [59.28637943, 2.82956604, 27.34824973],
  ],
} as const satisfies Readonly<Record<string, Polynomial>>;

/** Evenly spaced sRGB stops, 0…255. */
const stops = {
  'blue-white-red': [
    [5, 48, 97], [33, 102, 172], [67, 147, 195], [146, 197, 222], [209, 229, 240], [247, 247, 247],
    [253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43], [103, 0, 31],
  ],
  coolwarm: [
    [59, 76, 192], [98, 130, 234], [141, 176, 254], [184, 208, 249], [221, 221, 221], [245, 196, 173], [244, 154, 123], [222, 96, 77], [180, 4, 38],
  ],
  cividis: [
    [0, 32, 77], [0, 51, 111], [57, 72, 107], [87, 92, 109], [112, 113, 115],
    [138, 135, 121], [166, 157, 117], [196, 181, 108], [228, 207, 91], [255, 234, 70],
  ],
  grey: [[0, 0, 0], [255, 255, 255]],
} as const;

export type ColorMapName = keyof typeof polynomials | keyof typeof stops;

/** Every colour map, with its kind: sequential ones run from nothing to much, diverging ones have zero in the middle. */
export const colorMaps: Readonly<Record<ColorMapName, 'sequential' | 'diverging'>> = {
  viridis: 'sequential', inferno: 'sequential', magma: 'sequential', cividis: 'sequential', turbo: 'sequential', grey: 'sequential',
  'blue-white-red': 'diverging', coolwarm: 'diverging',
};

const tables = new Map<ColorMapName, Uint8Array>();

/** The colour map as 256 rows of red, green, blue (a Uint8Array of 768). Throws, naming the known maps, for an unknown name. */
export function colorTable(name: ColorMapName): Uint8Array {
  let table = tables.get(name);
  if (table === undefined) {
    if (!Object.hasOwn(colorMaps, name)) throw new Error(`there is no colour map '${String(name)}'; known are ${Object.keys(colorMaps).join(', ')}`);
    table = name in polynomials ? fromPolynomial(polynomials[name as keyof typeof polynomials]) : fromStops(stops[name as keyof typeof stops]);
    tables.set(name, table);
  }
  return table;
}

function fromPolynomial(coefficients: Polynomial): Uint8Array {
  const table = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    for (let channel = 0; channel < 3; channel++) {
      let value = 0;
      for (let power = coefficients.length - 1; power >= 0; power--) value = value * (i / 255) + coefficients[power]![channel]!;
      table[3 * i + channel] = Math.round(255 * Math.min(Math.max(value, 0), 1));
    }
  }
  return table;
}

function fromStops(list: readonly (readonly [number, number, number])[]): Uint8Array {
  const table = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (list.length - 1), low = Math.min(Math.floor(at), list.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const from = list[low]![channel]!, to = list[low + 1]![channel]!;
      table[3 * i + channel] = Math.round(from + (to - from) * (at - low));
    }
  }
  return table;
}
