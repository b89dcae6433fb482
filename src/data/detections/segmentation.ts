/** Outputs that say something about every place of the picture: which class, or how likely one is. */
import type { ModelFacts, OutputFacts, Values } from './head';
import type { DType } from '../../tensor/dtype';

export interface MaskHead {
  readonly kind: 'mask';
  readonly name: string;
  readonly because: string;
  readonly stated: boolean;
  readonly output: string;
  readonly classes: number;
  readonly height: number;
  readonly width: number;
  /** Names the kind of model implies. */
  readonly labels?: readonly string[];
  read(values: Values): Mask | { readonly none: string };
}

export interface Mask {
  readonly height: number;
  readonly width: number;
  /** The class of every cell, row by row; `nothing` where there is none. */
  readonly cells: Uint16Array;
  readonly notes: readonly string[];
}

/** In `Mask.cells`: no class (below the threshold of a single channel, or marked to be ignored). */
export const nothing = 0xffff;

const wholeNumbers: ReadonlySet<DType> = new Set<DType>(['int64', 'int32', 'uint8', 'int8', 'uint16', 'int16']);
const mostClasses = 1000;

/** Where the classes, rows and columns of an output stand. */
export interface MaskForm {
  readonly classes: number;
  readonly height: number;
  readonly width: number;
  /** Flat index of a class's score in a cell. */
  element(classIndex: number, cell: number): number;
}

/**
 * @param stated a sidecar says it is a mask, so that no more evidence is asked for than three or four fitting dims.
 */
export function maskForm({ dims, dtype, stated }: Pick<OutputFacts, 'dims' | 'dtype' | 'stated'>, picture: { readonly height: number; readonly width: number }): MaskForm | undefined {
  const known = stated?.kind === 'mask', fits = (height: number, width: number): boolean => known || proportional(height, width, picture);
  if (dims[0] !== 1 && dims.length !== 2) return undefined;
  const map = dims.length === 3 ? dims.slice(1) : dims.length === 2 && known ? dims : undefined;
  if (map) return fits(map[0]!, map[1]!) && (known || wholeNumbers.has(dtype) || /^float/.test(dtype)) ? { classes: 1, height: map[0]!, width: map[1]!, element: (_, cell) => cell } : undefined;
  if (dims.length !== 4) return undefined;
  const [, a, b, c] = dims as [number, number, number, number];
  // Where both readings fit, the one of the picture's own proportions is meant; of two such, the one with fewer classes.
  const shape = picture.height / picture.width, first = Math.abs(b / c - shape), last = Math.abs(a / b - shape), behind = last === first ? c < a : last < first;
  if (fits(b, c) && a <= mostClasses && !(fits(a, b) && behind)) return { classes: a, height: b, width: c, element: (index, cell) => index * b * c + cell };
  if (fits(a, b) && c <= mostClasses) return { classes: c, height: a, width: b, element: (index, cell) => cell * c + index };
  return undefined;
}

/** Of the picture's own proportions, and no coarser than one cell for 16 pixels. */
function proportional(height: number, width: number, picture: { readonly height: number; readonly width: number }): boolean {
  if (height < 8 || width < 8) return false;
  const down = picture.height / height, across = picture.width / width;
  return Math.abs(down - across) <= 0.06 * Math.max(down, across) && down <= 16.5 && down >= 0.24;
}

export function segmentation(facts: ModelFacts): MaskHead | undefined {
  const stated = facts.outputs.find((output) => output.stated?.kind === 'mask');
  const output = stated ?? facts.outputs.find((candidate) => maskForm(candidate, facts) !== undefined), form = output && maskForm(output, facts);
  if (!output || !form) return undefined;
  const whole = wholeNumbers.has(output.dtype), named = output.labels?.length ?? facts.labels?.length;
  // A picture goes in and a picture comes out: super resolution, style transfer, depth in colours.
  if (!stated && !whole && form.classes === 3 && named !== 3 && form.height >= facts.height && form.width >= facts.width) return undefined;
  const dims = `[${output.dims.join(', ')}]`;
  if (whole && form.classes === 1) return labelMap(output, form, dims, stated !== undefined);
  if (whole && !stated) return undefined;
  if (form.classes === 1) return oneChannel(output, form, dims, stated !== undefined);
  return {
    kind: 'mask', name: 'a segmentation', stated: stated !== undefined, output: output.name, classes: form.classes, height: form.height, width: form.width,
    because: `output '${output.name}' ${dims} holds ${form.classes} scores for each of ${form.width}×${form.height} places of the picture`,
    read: (values) => winners(form, values),
  };
}

function labelMap(output: OutputFacts, form: MaskForm, dims: string, stated: boolean): MaskHead {
  const behind = output.behind && maskForm({ dims: output.behind, dtype: 'float32', stated: { kind: 'mask' } }, form), classes = behind?.classes;
  return {
    kind: 'mask', name: 'a segmentation', stated, output: output.name, classes: classes ?? 0, height: form.height, width: form.width,
    because: `output '${output.name}' ${dims} holds one whole number for each place of the picture${classes === undefined ? '' : `, chosen from ${classes} scores`}`,
    read: (values) => {
      const cells = new Uint16Array(form.height * form.width);
      for (let cell = 0; cell < cells.length; cell++) {
        const value = values.data[cell]!;
        cells[cell] = Number.isInteger(value) && value >= 0 && value < Math.min(nothing, classes ?? 255) ? value : nothing;
      }
      return { height: form.height, width: form.width, cells, notes: [] };
    },
  };
}

/** One channel: where it is above ½ (probabilities) or 0 (logits). */
function oneChannel(output: OutputFacts, form: MaskForm, dims: string, stated: boolean): MaskHead {
  return {
    kind: 'mask', name: 'a mask', stated, output: output.name, classes: 1, height: form.height, width: form.width, labels: ['foreground'],
    because: `output '${output.name}' ${dims} holds one number for each place of the picture`,
    read: (values) => {
      const { least, largest } = rangeOf(values.data), probable = least >= -1e-4 && largest <= 1.0001;
      if (!stated && !probable && least >= 0) return { none: `its one number for each place lies between ${least.toPrecision(3)} and ${largest.toPrecision(3)}, which is neither a probability nor a logit: a depth, or another picture` };
      const threshold = probable ? 0.5 : 0, cells = new Uint16Array(form.height * form.width);
      for (let cell = 0; cell < cells.length; cell++) cells[cell] = values.data[cell]! > threshold ? 0 : nothing;
      return { height: form.height, width: form.width, cells, notes: [probable ? 'drawn where it is above 0.5' : 'its values have signs, so they are taken as logits: drawn where they are above 0'] };
    },
  };
}

function winners({ classes, height, width, element }: MaskForm, { data }: Values): Mask {
  const cells = new Uint16Array(height * width);
  for (let cell = 0; cell < cells.length; cell++) {
    let best = nothing, most = -Infinity;
    for (let index = 0; index < classes; index++) {
      const value = data[element(index, cell)]!;
      if (value > most) {
        most = value;
        best = index;
      }
    }
    cells[cell] = best;
  }
  return { height, width, cells, notes: [] };
}

function rangeOf(data: Float32Array): { least: number; largest: number } {
  let least = Infinity, largest = -Infinity;
  for (const value of data) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  return { least, largest };
}
