/** A time nobody knows exactly, in as few digits as it deserves. */
import type { Estimate } from '../../protocol/estimates';
import { language, t } from '../common/strings';

/** 'about 3 s', 'up to 20 s', 'under 0.1 s'; empty where nothing is known. */
export function estimateWords(estimate: Estimate | undefined): string {
  if (!estimate || !(estimate.ms > 0)) return '';
  if (estimate.ms < 95) return t('under 0.1 s');
  const time = roundTime(estimate.ms / 1000);
  return estimate.from === 'most' ? t('up to {0}', time) : t('about {0}', time);
}

/** One significant digit, two from a minute on. */
function roundTime(seconds: number): string {
  if (seconds >= 59.5) return t('{0} min', (seconds / 60).toLocaleString(language, { maximumSignificantDigits: 2 }));
  return t('{0} s', seconds.toLocaleString(language, { maximumSignificantDigits: seconds >= 9.5 ? 2 : 1 }));
}
