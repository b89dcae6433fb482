/** Knowledge in an ONNX file's own metadata: Windows ML's image metadata, Ultralytics' export, plain label lists. */
import { isObject } from '../beside';
import type { Channels } from '../spec';
import type { ImageKnowledge, Scaling } from '../knowledge';

const source = 'model metadata';

/** Windows ML: Image.BitmapPixelFormat and Image.NominalPixelRange (onnx/docs/MetadataProps.md). */
const pixelFormats: Readonly<Record<string, Channels>> = { rgb8: 'RGB', bgr8: 'BGR', gray8: 'grey', rgba8: 'RGBA', bgra8: 'BGR' };
const pixelRanges: Readonly<Record<string, Scaling>> = {
  nominalrange_0_255: { range: [0, 255] },
  normalized_0_1: { range: [0, 1] },
  normalized_1_1: { range: [-1, 1] },
  nominalrange_16_235: { range: [16, 235] },
};

export function fromMetadata(metadata: ReadonlyMap<string, string>): ImageKnowledge | undefined {
  const channels = pixelFormats[metadata.get('Image.BitmapPixelFormat')?.toLowerCase() ?? ''];
  const scaling = pixelRanges[metadata.get('Image.NominalPixelRange')?.toLowerCase() ?? ''];
  if (channels || scaling) return { source, channels, scaling };
  return isUltralytics(metadata) ? fromUltralytics(metadata) : undefined;
}

function isUltralytics(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.has('stride') && metadata.has('names') && (metadata.get('author') ?? metadata.get('description') ?? '').includes('Ultralytics');
}

/** Ultralytics: RGB in 0…1; classifiers see the middle square, all others the whole picture letterboxed on grey 114. */
function fromUltralytics(metadata: ReadonlyMap<string, string>): ImageKnowledge {
  const [height, width] = (metadata.get('imgsz') ?? '').match(/\d+/g)?.map(Number) ?? [];
  const size = { height, width: width ?? height, interpolation: 'bilinear' } as const;
  const classifies = metadata.get('task') === 'classify';
  return {
    source,
    channels: 'RGB',
    scaling: { range: [0, 1] },
    resize: classifies ? { mode: 'crop', shorterSide: height, ...size } : { mode: 'letterbox', fill: [114, 114, 114], ...size },
  };
}

/** Class names among the metadata: `names` ({0: 'person', …}), `labels` or `classes` (JSON, commas or lines). */
export function labelsFromMetadata(metadata: ReadonlyMap<string, string>): string[] | undefined {
  for (const key of ['names', 'labels', 'classes', 'class_names', 'id2label']) {
    const text = metadata.get(key);
    if (!text || text.length > 1_000_000) continue;
    const names = parseNames(text);
    if (names) return names;
  }
  return undefined;
}

function parseNames(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.map(String);
    if (isObject(value)) return ordered(Object.entries(value).map(([key, name]) => [Number(key), String(name)]));
  } catch {
    // Not JSON: a Python dict or a plain list.
  }
  if (/^\s*\{/.test(text)) {
    const entries: [number, string][] = [];
    for (const match of text.matchAll(/(\d+)\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)) entries.push([Number(match[1]), (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1')]);
    return ordered(entries);
  }
  const names = text.split(text.includes('\n') ? /\r?\n/ : ',').map((name) => name.trim().replace(/^[[('"]+|[\])'"]+$/g, ''));
  return names.length > 1 ? names.filter((name, i) => name !== '' || i < names.length - 1) : undefined;
}

function ordered(entries: readonly (readonly [number, string])[]): string[] | undefined {
  if (!entries.length || entries.some(([index]) => !Number.isInteger(index) || index < 0 || index > 1_000_000)) return undefined;
  const names: string[] = [];
  for (const [index, name] of entries) names[index] = name;
  return Array.from(names, (name, i) => name ?? String(i));
}
