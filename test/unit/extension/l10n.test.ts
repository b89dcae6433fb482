import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { methods } from '../../../src/methods/registry';
import { tableMethods } from '../../../src/methods/table/registry';
import { metrics } from '../../../src/metrics/registry';
import { verdictTexts } from '../../../src/metrics/verdict';

const root = path.resolve(__dirname, '../../..');
const read = (name: string): Record<string, string> => JSON.parse(fs.readFileSync(path.join(root, name), 'utf8')) as Record<string, string>;

function sources(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? sources(full) : entry.name.endsWith('.ts') ? [full] : [];
  });
}

/** Every text the extension and its pages show through `t(...)`. */
function shownTexts(): Set<string> {
  const texts = new Set<string>();
  for (const file of [...sources(path.join(root, 'src/extension')), ...sources(path.join(root, 'src/webview'))]) {
    for (const [, text] of fs.readFileSync(file, 'utf8').matchAll(/\bt\(\s*'((?:[^'\\]|\\.)*)'/g)) texts.add(text!.replace(/\\'/g, "'"));
  }
  return texts;
}

/** Texts of other rooms that pages show: methods (of tables those about one row), figures of trust, verdicts. */
const ofOneRow = tableMethods.filter(({ scope }) => scope === 'local');
const fromRooms = [...[...methods, ...ofOneRow].flatMap(({ title, question }) => [title, question]), ...metrics.flatMap(({ title, about }) => [title, about]), ...Object.values(verdictTexts)];

const holes = (text: string): string[] => [...text.matchAll(/\{\d+\}/g)].map(([hole]) => hole).sort();

describe('translations', () => {
  const bundle = read('l10n/bundle.l10n.zh-cn.json');

  it('cover every text, those of methods, figures and verdicts included', () => {
    const texts = [...shownTexts(), ...fromRooms];
    assert.ok(texts.length > 100);
    assert.deepEqual(texts.filter((text) => bundle[text] === undefined), []);
  });

  it('keep the holes of the texts', () => {
    for (const [text, translation] of Object.entries(bundle)) assert.deepEqual(holes(translation), holes(text), text);
  });

  it('hold nothing that is no longer shown', () => {
    const texts = new Set([...shownTexts(), ...fromRooms]);
    assert.deepEqual(Object.keys(bundle).filter((text) => !texts.has(text)), []);
  });

  it('of the manifest cover every %key%, in both languages', () => {
    const keys = [...fs.readFileSync(path.join(root, 'package.json'), 'utf8').matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key!);
    assert.ok(keys.length > 10);
    for (const name of ['package.nls.json', 'package.nls.zh-cn.json']) {
      const table = read(name);
      assert.deepEqual(keys.filter((key) => !table[key]), [], name);
      assert.deepEqual(Object.keys(table).filter((key) => !keys.includes(key)), [], `${name} holds keys that nothing uses`);
    }
  });
});
