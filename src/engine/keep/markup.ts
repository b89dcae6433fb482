/** Text as it may stand in HTML and SVG: names from model files are no markup. */

/** Markup characters escaped; characters that XML has no place for replaced. */
export function escapeMarkup(value: unknown): string {
  return String(value)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
