/** A picture's preparation in the sidecar's own words: what is shown, tried, recorded and saved is one and the same. */
import { channelCount, type ImageSpec, type ResizeSpec } from './spec';

/** What `inputs.NAME` of MODEL.lens.json would have to say for exactly this preparation. */
export function sidecarEntry(spec: ImageSpec): Record<string, unknown> {
  const { layout, channels, range, mean, std, alpha } = spec, count = channelCount(channels);
  return {
    kind: 'image', layout, channels, range: [...range],
    ...(mean.some((value) => value !== 0) && { mean: mean.slice(0, count) }),
    ...(std.some((value) => value !== 1) && { std: std.slice(0, count) }),
    resize: resizeEntry(spec.resize),
    ...(alpha !== undefined && { alpha }),
  };
}

function resizeEntry(resize: ResizeSpec): Record<string, unknown> {
  const size = [resize.height, resize.width], { interpolation } = resize;
  switch (resize.mode) {
    case 'stretch': return { size, interpolation };
    case 'crop': return { shorterSide: resize.shorterSide, crop: size, interpolation };
    case 'letterbox': return { letterbox: size, fill: [...resize.fill], interpolation };
  }
}
