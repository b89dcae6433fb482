/** Knowledge in files that other tools leave beside a model: Hugging Face, timm, Teachable Machine. */
import type { ModelFolder } from '../beside';
import { isObject } from '../beside';
import { reasonOf } from '../errors';
import type { Interpolation } from '../image/resize';
import type { ImageKnowledge, ResizeKnowledge } from '../knowledge';

type Json = Record<string, unknown>;

/** Pillow's filter numbers, which Hugging Face writes as `resample`. */
const pillowFilters: readonly Interpolation[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** A JSON file of the folder; undefined if it is missing, and a warning if it cannot be read. */
export function readOptional(folder: ModelFolder, name: string, warnings: string[]): Json | undefined {
  if (!folder.has(name)) return undefined;
  try {
    return folder.json(name);
  } catch (error) {
    warnings.push(`${reasonOf(error)}; the file was ignored`);
    return undefined;
  }
}

function numbers(value: unknown): number[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.length <= 4 && list.every((item): item is number => typeof item === 'number' && Number.isFinite(item)) ? list : undefined;
}

function side(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 16384 ? value : undefined;
}

/** Hugging Face's sizes: a number, {height, width} or {shortest_edge}. */
function sizes(value: unknown): { height?: number; width?: number; shortest?: number } {
  if (isObject(value)) return { height: side(value.height), width: side(value.width), shortest: side(value.shortest_edge) };
  return { height: side(value), width: side(value) };
}

/**
 * preprocessor_config.json (also inside processor_config.json's `image_processor`). Order of steps as in Hugging
 * Face's image processors: resize, centre crop, rescale, normalise.
 */
export function fromPreprocessorConfig(config: Json, source: string): ImageKnowledge | undefined {
  if (!['image_mean', 'do_rescale', 'do_normalize', 'do_resize', 'size', 'image_processor_type', 'feature_extractor_type'].some((key) => key in config)) return undefined;
  const rescales = config.do_rescale !== false;
  const factor = typeof config.rescale_factor === 'number' ? config.rescale_factor : 1 / 255;
  const normalises = config.do_normalize !== false && config.image_mean !== undefined;
  const highest = rescales ? 255 * factor : 255;
  const offset = config.offset === true && rescales ? 1 : 0; // EfficientNet: x · factor − 1
  return {
    source,
    channels: config.do_flip_channel_order === true ? 'BGR' : 'RGB',
    scaling: {
      range: [0 - offset, Number((highest - offset).toPrecision(12))],
      mean: normalises ? numbers(config.image_mean) : [0],
      std: normalises ? numbers(config.image_std) : [1],
      order: 'RGB',
    },
    resize: config.do_resize === false ? undefined : huggingFaceResize(config),
  };
}

function huggingFaceResize(config: Json): ResizeKnowledge {
  const interpolation = typeof config.resample === 'number' ? pillowFilters[config.resample] : undefined;
  const size = sizes(config.size);
  const crop = config.do_center_crop === true ? sizes(config.crop_size) : {};
  if (size.shortest !== undefined && typeof config.crop_pct === 'number' && config.crop_pct > 0 && size.shortest < 384) {
    // ConvNeXt: the shorter side is scaled to size / crop_pct, then the middle is cut out.
    return { mode: 'crop', shorterSide: Math.trunc(size.shortest / config.crop_pct), height: size.shortest, width: size.shortest, interpolation };
  }
  if (size.shortest !== undefined) return { mode: 'crop', shorterSide: size.shortest, height: crop.height ?? size.shortest, width: crop.width ?? size.shortest, interpolation };
  if (crop.height !== undefined && size.height !== undefined && crop.height < size.height) return { mode: 'crop', shorterSide: size.height, height: crop.height, width: crop.width, interpolation };
  return { mode: 'stretch', height: size.height, width: size.width, interpolation };
}

/** timm's config.json: `pretrained_cfg` (older files: the same fields at the top). */
export function fromTimmConfig(config: Json, source: string): ImageKnowledge | undefined {
  const settings = isObject(config.pretrained_cfg) ? config.pretrained_cfg : config;
  const mean = numbers(settings.mean);
  const size = Array.isArray(settings.input_size) ? settings.input_size.map(side) : [];
  if (!mean && size.length !== 3) return undefined;
  const height = size[1];
  const fraction = typeof settings.crop_pct === 'number' && settings.crop_pct > 0.1 ? settings.crop_pct : 1;
  const interpolation = pillowFilters.find((name) => name === settings.interpolation);
  return {
    source,
    channels: 'RGB',
    scaling: { range: [0, 1], mean, std: numbers(settings.std), order: 'RGB' },
    resize: height === undefined ? undefined : { mode: 'crop', shorterSide: Math.floor(height / fraction), height, width: size[2], interpolation },
  };
}

/** Teachable Machine's metadata.json: the middle square, scaled to imageSize, in −1…1. */
export function fromTeachableMachine(metadata: Json, source: string): ImageKnowledge | undefined {
  const image = typeof metadata.packageName === 'string' && metadata.packageName.includes('teachablemachine/image');
  if (!image && !(metadata.tfjsVersion && metadata.imageSize)) return undefined;
  const size = side(metadata.imageSize) ?? 224;
  return {
    source,
    channels: metadata.grayscale === true ? 'grey' : 'RGB',
    scaling: { range: [-1, 1] },
    resize: { mode: 'crop', shorterSide: size, height: size, width: size, interpolation: 'bilinear' },
  };
}

/** Class names in Hugging Face's (`id2label`) or timm's (`label_names`) config.json, or a metadata.json's `labels`. */
export function labelsFromConfig(config: Json): string[] | undefined {
  const listed = config.label_names ?? config.labels;
  if (Array.isArray(listed) && listed.every((item): item is string => typeof item === 'string') && listed.length) return listed;
  if (!isObject(config.id2label)) return undefined;
  const names: string[] = [];
  for (const [key, value] of Object.entries(config.id2label)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > 1_000_000 || typeof value !== 'string') return undefined;
    names[index] = value;
  }
  const filled = Array.from(names, (name, i) => name ?? String(i));
  // LABEL_0, LABEL_1 … are what Hugging Face writes when nobody named the classes.
  return filled.length && !filled.every((name) => /^LABEL_\d+$/.test(name)) ? filled : undefined;
}
