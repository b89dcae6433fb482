/** A mapping while somebody changes it. */
import assert from 'node:assert/strict';
import type { TableColumnInfo } from '../../../src/protocol/table';
import { canBeCategory, changed, draftOf, entryOf, feeding, kindOf, numbersOf, scaleOf, withColumn, withKind, withMore, without, withScale } from '../../../src/webview/table/data/mappingDraft';

const info = (name: string, more: Partial<TableColumnInfo> = {}): TableColumnInfo => ({ name, type: 'number', role: 'feature', missing: 0, distinct: 9, minimum: 2, maximum: 12, mean: 5, deviation: 2.5, ...more });
const words = info('City', { type: 'category', distinct: 3, categories: ['Oslo', 'Paris', 'Rome'], minimum: undefined, maximum: undefined, mean: undefined, deviation: undefined });
const columns = [info('age'), words, info('Blood pressure')];
const entry = { x: { kind: 'table', columns: ['age', { name: 'City', categories: ['Rome', 'Oslo'], encoding: 'one-hot' }, { name: 'pressure', from: 'Blood pressure', mean: 120, std: 15 }] } };

describe('webview/table/data/mappingDraft', () => {
  it('is the sidecar again, word for word', () => assert.deepEqual(entryOf(draftOf(entry)), entry));

  it('knows what each column becomes', () => {
    const [{ columns: drafts }] = draftOf(entry) as [ReturnType<typeof draftOf>[number]];
    assert.deepEqual(drafts.map((column) => [kindOf(column), scaleOf(column), numbersOf(column), feeding(column, 0, columns, true)]), [['number', 'none', 1, 0], ['one-hot', 'none', 2, 1], ['number', 'standardise', 1, 2]]);
  });

  it('finds columns as the engine does: by letters and digits, else by place where the table has no names', () => {
    assert.equal(feeding({ name: 'blood_pressure' }, 0, columns, true), 2);
    assert.equal(feeding({ name: 'weight' }, 0, columns, true), undefined);
    assert.equal(feeding({ name: 'weight' }, 1, columns, false), 1);
    assert.equal(feeding({ name: 'weight', from: 2 }, 1, columns, false), 2);
    assert.equal(feeding({ name: 'weight', from: 7 }, 1, columns, false), undefined);
  });

  it('another column: the old one’s figures and words go, the kind stays where it can', () => {
    assert.deepEqual(withColumn({ name: 'pressure', from: 'Blood pressure', mean: 120, std: 15, unit: 'mmHg' }, 0, columns, true), { name: 'pressure', unit: 'mmHg', from: 'age' });
    assert.deepEqual(withColumn({ name: 'age', from: 'City' }, 0, columns, true), { name: 'age' });
    assert.deepEqual(withColumn({ name: 'c', categories: ['a', 'b'], encoding: 'one-hot' }, 1, columns, true), { name: 'c', from: 'City', categories: ['Oslo', 'Paris', 'Rome'], encoding: 'one-hot' });
    assert.deepEqual(withColumn({ name: 'column 1' }, 1, columns, false), { name: 'column 1', from: 1 });
  });

  it('kinds and scales, with the table’s own figures', () => {
    assert.deepEqual(withKind({ name: 'City' }, 'one-hot', words), { name: 'City', categories: ['Oslo', 'Paris', 'Rome'], encoding: 'one-hot' });
    assert.deepEqual(withKind({ name: 'City', categories: ['Rome', 'Oslo'], encoding: 'one-hot' }, 'place', words), { name: 'City', categories: ['Rome', 'Oslo'] });
    assert.deepEqual(withKind({ name: 'City', categories: ['Rome'], encoding: 'one-hot' }, 'number', words), { name: 'City' });
    assert.deepEqual(withScale({ name: 'age' }, 'standardise', columns[0]!), { name: 'age', mean: 5, std: 2.5 });
    assert.deepEqual(withScale({ name: 'age', mean: 5, std: 2 }, 'range', columns[0]!), { name: 'age', range: [2, 12] });
    assert.deepEqual(withScale({ name: 'age', range: [2, 12] }, 'none', columns[0]!), { name: 'age' });
    // A column of one value has no spread.
    assert.deepEqual(withScale({ name: 'one' }, 'standardise', info('one', { deviation: 0 })), { name: 'one', mean: 5, std: 1 });
    assert.deepEqual(withScale({ name: 'one' }, 'range', info('one', { minimum: 4, maximum: 4 })), { name: 'one', range: [4, 5] });
    assert.ok(canBeCategory(words) && !canBeCategory(columns[0]!) && !canBeCategory({ ...words, distinct: 400 }));
  });

  it('columns are left out, and the next that feeds nothing is added', () => {
    const draft = without(draftOf(entry), 'x', 1);
    assert.deepEqual(draft[0]!.columns.map(({ name }) => name), ['age', 'pressure']);
    assert.deepEqual(withMore(draft, 'x', columns, true, undefined)[0]!.columns.at(-1), { name: 'City' });
    assert.deepEqual(withMore(draft, 'x', columns, false, 1)[0]!.columns.at(-1), { name: 'age', from: 0 });
  });

  it('one column changes, the others stay', () => {
    const next = changed(draftOf(entry), 'x', 0, { name: 'age', mean: 1, std: 2 });
    assert.deepEqual(entryOf(next), { x: { kind: 'table', columns: [{ name: 'age', mean: 1, std: 2 }, ...entry.x.columns.slice(1)] } });
  });
});
