import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { FileSource } from '../../../src/formats/bytes';
import { WireReader, WireWriter } from '../../../src/formats/onnx/wire';
import { temporaryFolder } from './support';

describe('wire format', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'message');

  function withReader<T>(bytes: Uint8Array, use: (reader: WireReader, source: FileSource) => T): T {
    fs.writeFileSync(file, bytes);
    const source = new FileSource(file);
    try {
      return use(new WireReader(source, { start: 0, end: source.size }), source);
    } finally {
      source.close();
    }
  }

  const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -300n, max: 300n }), fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, 2n ** 53n + 1n, -1n));

  it('reads back what was written, whatever the values and the sizes', () => {
    const field = fc.oneof(
      fc.record({ kind: fc.constant('int' as const), value: int64 }),
      fc.record({ kind: fc.constant('float' as const), value: fc.float() }),
      fc.record({ kind: fc.constant('text' as const), value: fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 3000, maxLength: 9000 })) }),
      fc.record({ kind: fc.constant('ints' as const), value: fc.array(int64) }),
      fc.record({ kind: fc.constant('floats' as const), value: fc.array(fc.float()) }),
    );
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), field)), fc.boolean(), (fields, nested) => {
      const inner = new WireWriter();
      for (const [number, { kind, value }] of fields) {
        if (kind === 'int') inner.int(number, value);
        else if (kind === 'float') inner.float(number, value);
        else if (kind === 'text') inner.text(number, value);
        else if (kind === 'ints') inner.packedInts(number, value);
        else inner.packedFloats(number, value);
      }
      const writer = nested ? new WireWriter().message(1, inner) : inner;
      assert.equal(writer.finish().length, writer.length);
      withReader(writer.finish(), (outer) => {
        if (nested) assert.ok(outer.next());
        const reader = nested ? outer.message() : outer;
        for (const [number, { kind, value }] of fields) {
          assert.ok(reader.next());
          assert.equal(reader.field, number);
          if (kind === 'int') assert.equal(reader.int64(), value);
          else if (kind === 'float') assert.deepEqual(reader.float(), value);
          else if (kind === 'text') assert.equal(reader.text(), value);
          else {
            const found: (number | bigint)[] = [];
            if (kind === 'ints') reader.int64s((item) => found.push(item));
            else reader.floats((item) => found.push(item));
            assert.deepEqual(found, value);
          }
        }
        assert.equal(reader.next(), false);
      });
    }), { numRuns: 200 });
  });

  it('steps over fields that nobody reads without reading them', () => {
    const writer = new WireWriter();
    for (let i = 0; i < 20; i++) writer.bytes(1, new Uint8Array(1 << 20)).int(2, i).float(3, i);
    withReader(writer.finish(), (reader, source) => {
      let seen = 0;
      while (reader.next()) if (reader.field === 2) assert.equal(reader.int(), seen++);
      assert.equal(seen, 20);
      assert.ok(source.bytesRead < 200_000, `${source.bytesRead} bytes read of ${source.size}`);
    });
  });

  it('does not read a field twice', () => {
    withReader(new WireWriter().int(1, 5).finish(), (reader) => {
      reader.next();
      reader.int();
      assert.throws(() => reader.int(), /read twice/);
    });
  });
});
