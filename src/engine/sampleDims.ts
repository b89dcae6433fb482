import type { ResolvedInput } from '../data/spec';

/**
 * Dims of one sample, before a file was given: the picture's size where the input is a picture, 1 where nothing is known.
 * A model that insists on several pictures a run is asked about one.
 */
export function sampleDimsOf(input: ResolvedInput): number[] {
  const { spec } = input;
  const size = spec.kind === 'image' ? (spec.layout === 'NCHW' ? [1, 3, spec.resize.height, spec.resize.width] : [1, spec.resize.height, spec.resize.width, 3]) : [];
  return input.dims.map((dim, axis) => (axis === 0 && size.length > 0 ? 1 : typeof dim === 'number' ? dim : size[axis] ?? 1));
}
