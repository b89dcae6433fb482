/** Class names of an output: stated, found beside the model or in it, or ImageNet's where the count gives it away. */
import { IMAGENET_CLASSES } from '@tensorflow-models/mobilenet/dist/imagenet_classes';
import type { ModelFile } from '../graph/graph';
import type { Dims } from '../graph/graph';
import type { ModelFolder } from './beside';
import { DataError, reasonOf } from './errors';
import { labelsFromMetadata } from './sources/onnxMetadata';
import { labelsFromConfig, readOptional } from './sources/besideModel';
import type { Sidecar } from './sidecar';
import type { Labels } from './spec';

const mostLabels = 1_000_000;

/** Names of the 1000 ImageNet classes in their usual order (0 is the tench). */
export function imagenetLabels(): string[] {
  return Array.from({ length: 1000 }, (_, i) => IMAGENET_CLASSES[i]!);
}

/** One name a line; 'n name' and 'n: name' lose their number where all lines count up from 0 or 1. Blank lines at the end are dropped. */
export function parseLabels(text: string): string[] {
  const lines = text.split(/\r?\n/).slice(0, mostLabels).map((line) => line.trim());
  while (lines.length && lines[lines.length - 1] === '') lines.pop();
  const numbered = lines.map((line) => /^(\d+)\s*[:,\s]\s*(.+)$/.exec(line));
  const first = Number(numbered[0]?.[1]);
  if (lines.length > 1 && (first === 0 || first === 1) && numbered.every((match, i) => match && Number(match[1]) === first + i)) return numbered.map((match) => match![2]!);
  return lines;
}

/**
 * How many classes an output of these dims scores, or undefined if it is not one row of scores a sample:
 * [N, C], [N, C, 1, 1] and [C] are; [N, C, H, W] is not.
 */
export function classesOf(dims: Dims | undefined): number | undefined {
  if (!dims?.length) return undefined;
  const inner = dims.length === 1 ? dims : dims.slice(1);
  const sizes = inner.filter((dim) => dim !== 1);
  if (sizes.length === 0) return 1;
  const [size] = sizes;
  return sizes.length === 1 && typeof size === 'number' ? size : undefined;
}

/**
 * The labels of output `name`. Order: the sidecar; labels files, config.json and metadata.json beside the model; the
 * model's metadata; ImageNet's names for exactly 1000 or 1001 classes (with a background class first), marked as
 * assumed. A list found beside the model is used only if it has as many names as the output has classes; one that a
 * sidecar names is used in any case, with a warning. Throws DataError for a labels file the sidecar names wrongly.
 */
export function resolveLabels(model: ModelFile, folder: ModelFolder, name: string, dims: Dims | undefined, sidecar: Sidecar | undefined, warnings: string[]): Labels | undefined {
  const classes = classesOf(dims);
  const stated = sidecar?.outputs.get(name)?.labels;
  if (stated !== undefined && sidecar) {
    const names = typeof stated === 'string' ? labelsFile(folder, stated, `${sidecar.name}: outputs.${name}.labels`) : stated;
    if (classes !== undefined && names.length !== classes) warnings.push(`${sidecar.name}: outputs.${name}.labels: found ${names.length} names, expected ${classes}`);
    return { names, source: typeof stated === 'string' ? stated : sidecar.name, assumed: false };
  }
  if (classes === undefined || classes < 2) return undefined;
  for (const [source, names] of candidates(model, folder, warnings)) {
    if (names.length === classes) return { names, source, assumed: false };
    if (names.length > 1) warnings.push(`${source} has ${names.length} class names, but ${name} has ${classes} classes; they were not used`);
  }
  if (classes === 1000) return { names: imagenetLabels(), source: 'ImageNet labels assumed', assumed: true };
  if (classes === 1001) return { names: ['background', ...imagenetLabels()], source: 'ImageNet labels assumed', assumed: true };
  return undefined;
}

/** All lists of names beside and in the model, best first, whatever their number: for outputs whose dims do not tell how many classes there are. */
export function labelLists(model: ModelFile, folder: ModelFolder, warnings: string[]): Labels[] {
  return [...candidates(model, folder, warnings)].filter(([, names]) => names.length > 0).map(([source, names]) => ({ names, source, assumed: false }));
}

function labelsFile(folder: ModelFolder, name: string, field: string): string[] {
  const text = folder.text(name, field);
  if (!name.toLowerCase().endsWith('.json')) return parseLabels(text);
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string')) throw new DataError('badFile', `${field}: "${name}" is not a list of texts`);
  return value;
}

/** Lists of names beside and in the model, best first. */
function* candidates(model: ModelFile, folder: ModelFolder, warnings: string[]): Generator<readonly [string, readonly string[]]> {
  const stem = folder.stem.toLowerCase();
  const files = folder.names().filter((name) => {
    const lower = name.toLowerCase();
    if (!/\.(txt|names|labels)$/.test(lower)) return false;
    if (/^(labels|classes|class_names|synset)\.(txt|names)$/.test(lower) || lower === `${stem}.labels` || lower === `${stem}.names`) return true;
    return lower.startsWith(stem) && /label|classes/.test(lower.slice(stem.length));
  });
  // A list that carries the model's own name goes before a general one.
  files.sort((a, b) => Number(b.toLowerCase().startsWith(stem)) - Number(a.toLowerCase().startsWith(stem)) || a.localeCompare(b));
  for (const name of files) {
    try {
      yield [name, parseLabels(folder.text(name))];
    } catch (error) {
      warnings.push(`${name} was not used: ${reasonOf(error)}`);
    }
  }
  for (const name of ['config.json', 'metadata.json']) {
    const config = readOptional(folder, name, warnings);
    const names = config && labelsFromConfig(config);
    if (names) yield [name, names];
  }
  const own = labelsFromMetadata(model.metadata);
  if (own) yield ['model metadata', own];
}
