/** Names that somebody may have meant. */

/**
 * Names of `names` nearest to `name`, nearest first: few letters differ (Damerau–Levenshtein, restricted), or one is the
 * end or the beginning of the other. Time is linear in the names but for those of nearly the same length.
 */
export function nearest(name: string, names: readonly string[], limit: number): readonly string[] {
  const wanted = name.toLowerCase();
  const most = Math.max(1, Math.min(6, Math.floor(wanted.length / 3)));
  const found: { readonly name: string; readonly distance: number }[] = [];
  let compared = 0;
  for (const candidate of names) {
    const text = candidate.toLowerCase();
    if (wanted.length >= 3 && text.length >= 3 && (text.endsWith(wanted) || text.startsWith(wanted) || wanted.endsWith(text) || wanted.startsWith(text))) {
      found.push({ name: candidate, distance: Math.min(most, 1 + Math.abs(text.length - wanted.length) / 100) });
    } else if (Math.abs(text.length - wanted.length) <= most && text.length <= 200 && compared < 20_000) {
      compared++;
      const distance = editDistance(wanted, text, most);
      if (distance <= most) found.push({ name: candidate, distance });
    }
  }
  return found.sort((a, b) => a.distance - b.distance).slice(0, limit).map((one) => one.name);
}

/** Letters to insert, delete, replace or swap with a neighbour to make `b` of `a`; anything over `most` where there are more. */
export function editDistance(a: string, b: string, most: number): number {
  let before: number[] = [], last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const now = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column - 1]! + (same ? 0 : 1), last[column]! + 1, now[column - 1]! + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) cost = Math.min(cost, before[column - 2]! + 1);
      now.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    [before, last] = [last, now];
  }
  return last[b.length]!;
}
