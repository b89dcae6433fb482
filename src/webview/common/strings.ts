/** Texts of the page in the user's language: the host puts the translations into the page, by their English text. */

const translations = (() => {
  const text = globalThis.document?.getElementById('strings')?.textContent;
  return (text ? JSON.parse(text) : {}) as Record<string, string>;
})();

/** The language numbers are written in. */
export const language = globalThis.document?.documentElement.lang || 'en';

/** `message` in the user's language; `{0}`, `{1}` … are replaced by `values`. */
export function t(message: string, ...values: readonly (string | number)[]): string {
  return (translations[message] ?? message).replace(/\{(\d+)\}/g, (hole, index: string) => String(values[Number(index)] ?? hole));
}
