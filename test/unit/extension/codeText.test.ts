import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesText, countText, dimsText, plain } from '../../../src/extension/code/text';

describe('words of hovers', () => {
  it('a text from a file shows as itself: nothing in it is Markdown or HTML', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('[x](command:y)', '<img src=x>', '**b**', '`c`', '&lt;', '\\', '| a |', '# h', '\n', '![i](u)', 'http://a.b', '\u202e', '$(zap)')).map((parts) => parts.join(''))), (text) => {
      const shown = plain(text);
      assert.ok(!/[\n\r<\u202e]/.test(shown));
      // Every mark is escaped, and what escapes and entities stand for is the text.
      assert.ok(!/(?<!\\)(?:\\\\)*[`*_[\]()#!|~$]/.test(shown.replace(/\\[!-/:-@[-`{-~]/g, '')), shown);
    }));
    assert.equal(plain('conv1/bn_a <b> & c'), 'conv1\\/bn\\_a &lt;b> &amp; c'.replace('>', '\\>'));
    assert.equal(plain('x'.repeat(500), 20).length, 20);
  });

  it('dims, counts and sizes', () => {
    assert.equal(dimsText([1, 'batch', null], '-'), '1 × batch × ?');
    assert.equal(dimsText([], 'scalar'), 'scalar');
    assert.equal(dimsText(null, 'scalar'), '?');
    assert.deepEqual([448, 999.6, 1234, 47_062, 25_600_000, 134_000_000, 7e9].map((count) => countText(count).replace('\u00a0', ' ')), ['448', '1 k', '1.2 k', '47.1 k', '25.6 M', '134 M', '7 G']);
    assert.deepEqual([12, 2048, 104_857_600].map((bytes) => bytesText(bytes).replace('\u00a0', ' ')), ['12 B', '2 KB', '100 MB']);
  });
});
