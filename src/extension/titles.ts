import path from 'node:path';

/** What a model is called in a tab's title: its file's name, but a TensorFlow.js model, always `model.json`, has that of its folder. */
export function modelTitle(file: string): string {
  const name = path.basename(file), folder = path.basename(path.dirname(file));
  return name.toLowerCase() === 'model.json' && folder !== '' ? folder : path.basename(file, path.extname(file));
}
